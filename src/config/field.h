// An option's value, put into Settings from text and shown as text again.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/option.h"

namespace tusk::config {

// Parses `text` by the option's type, checks its range, and stores it. Of a list it is one element,
// which is added. A relative path is made absolute with `base_directory`.
base::Result<void> assign(Settings& settings, const Option& option, std::string_view text,
                          std::string_view base_directory);

// Empties a list of addresses or proxies, before a source of higher rank gives its own. Any other
// value is left as it is: it will be overwritten, or merged by name.
void clear_list(Settings& settings, const Option& option);

// The text that assign() reads back as the same value; of a list, its elements joined by ", ".
std::string value_text(const Settings& settings, const Option& option);
std::vector<std::string> element_texts(const Settings& settings, const Option& option);

// A path as seen from a directory. Neither ".." nor a symbolic link is resolved: a root that is a
// link to the current release stays one.
std::string absolute_path(std::string_view path, std::string_view base_directory);

}  // namespace tusk::config

// Conversion of an option's value in Settings from text and to text.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/option.h"

namespace tusk::config {

// Parses `text` by the option's type, checks its range, and stores it. For a list, `text` is one
// element, which is appended; in `listen`, also an option of the element before it. A relative path
// is made absolute with `base_directory`.
base::Result<void> assign(Settings& settings, const Option& option, std::string_view text,
                          std::string_view base_directory);

// Empties a list, before a source of higher rank gives its own elements. Leaves other values as
// they are: they will be overwritten, or merged by name.
void clear_list(Settings& settings, const Option& option);

// The text that assign() reads back as the same value. The elements of a list are joined by ", ".
std::string value_text(const Settings& settings, const Option& option);
std::vector<std::string> element_texts(const Settings& settings, const Option& option);

// The path relative to a directory, made absolute. Neither ".." nor a symbolic link is resolved: a
// root that is a link to the current release stays a link.
std::string absolute_path(std::string_view path, std::string_view base_directory);

}  // namespace tusk::config

// PHP's configuration, once PHP has started with it: what is wrong, with where it was given.
//
// Thread: main.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "php/settings.h"

namespace tusk::app {

// A line for each finding of php/ini_review.h. Empty with the executor stub.
std::vector<std::string> php_warnings(const config::Loaded& loaded,
                                      const std::optional<php::Settings>& php);

// What PHP said on stderr while it started, `text`, a line each, without PHP's own frame and the
// log's time.
std::vector<std::string> php_complaints(const config::Loaded& loaded, std::string_view text);

// Whether one of the lines is about the directive that `finding` is about, from the same place.
bool is_said_of_same(const std::vector<std::string>& lines, const std::string& finding);

}  // namespace tusk::app

// Reviews PHP's configuration after PHP has started with it. Findings say where the value was
// given.
//
// Thread: main.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "php/facts.h"

namespace tusk::app {

// A line for each finding.
std::vector<std::string> php_warnings(const config::Loaded& loaded, const php::Facts& facts);

// The messages that PHP wrote to stderr while it started, `text`, without PHP's own frame and the
// log's time.
std::vector<std::string> php_complaints(const config::Loaded& loaded, const php::Facts& facts,
                                        std::string_view text);

// Whether one of the lines is about the same directive from the same place as `finding`.
bool is_said_of_same(const std::vector<std::string>& lines, const std::string& finding);

}  // namespace tusk::app

// Finds what PHP cannot read in its php.ini. PHP itself prints a message, ignores the rest of the
// file, and starts.
//
// Thread: main, once PHP has started and before there are workers.
#pragma once

#include <string>
#include <vector>

namespace tusk::php {

// A message for each file: "syntax error, unexpected '(' in /etc/php.ini on line 3".
std::vector<std::string> ini_syntax_errors();

}  // namespace tusk::php

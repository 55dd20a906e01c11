// Asks PHP's compiler what a file declares, and whether it does anything else.
//
// Thread: one that has PHP's globals, while a request of PHP is open.
#pragma once

#include <string>

#include "php/preload/list/selection.h"

namespace tusk::php::preload {

// Nothing of the file stays, and nothing of it runs.
//
// A preloaded class is there before its file is included, so nothing includes the file any more: a
// file that does more than to declare (a constant, an alias, a class under a condition) is an
// obstacle.
FileFacts facts_of_file(const std::string& path);

}  // namespace tusk::php::preload

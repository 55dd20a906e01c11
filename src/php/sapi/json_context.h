// The context of tusk_log() as JSON.
//
// Thread: the worker's.
#pragma once

#include <string>

#include "php/zend.h"

namespace tusk::php::sapi {

// Appends the array as a JSON object. It runs no code of the script: an object is its class's name,
// but an enumeration's case is its value, and an exception its class, message and place.
// Values that are deeper or larger than the limits are left out, and marked by "…".
inline constexpr int kContextDepth = 8;
inline constexpr std::size_t kContextBytes = std::size_t{8} * 1024;
void append_json_context(std::string& out, HashTable* context);

}  // namespace tusk::php::sapi

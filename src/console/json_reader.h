// Reading JSON whose form may be another than expected: a running tusk may be of another version.
// A value that is missing, or of another type, becomes an empty one.
//
// Thread: any; pure functions.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace tusk::console {

using Json = nlohmann::json;

// Null if there is none.
const Json& value_of(const Json& object, const char* name);
// A string, or another value as JSON has it; "?" if there is none.
std::string text_of(const Json& object, const char* name);
// Empty if it is no string.
std::string string_of(const Json& object, const char* name);
// 0 if it is no number.
double number_of(const Json& object, const char* name);
// An empty one if it is none.
const Json& list_of(const Json& object, const char* name);

}  // namespace tusk::console

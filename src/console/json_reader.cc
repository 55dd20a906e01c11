#include "console/json_reader.h"

namespace tusk::console {

const Json& value_of(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found != object.end() ? *found : kNull;
}

std::string text_of(const Json& object, const char* name) {
  const Json& value = value_of(object, name);
  if (value.is_null()) return "?";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string string_of(const Json& object, const char* name) {
  const Json& value = value_of(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number_of(const Json& object, const char* name) {
  const Json& value = value_of(object, name);
  return value.is_number() ? value.get<double>() : 0;
}

const Json& list_of(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const Json& value = value_of(object, name);
  return value.is_array() ? value : kNone;
}

}  // namespace tusk::console

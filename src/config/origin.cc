#include "config/origin.h"

namespace tusk::config {

std::string to_string(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::kDefault:
      return "default";
    case Origin::Kind::kPreset:
      return "preset " + origin.where;
    case Origin::Kind::kFile:
      return "file " + origin.where;
    case Origin::Kind::kEnvironment:
      return "environment " + origin.where;
    case Origin::Kind::kFlag:
      return "flag " + origin.where;
  }
  return "";
}

std::string prefix(const Option& option, const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::kDefault:
      return std::string(option.name) + ": ";
    case Origin::Kind::kPreset:
      return "preset " + origin.where + ": " + std::string(option.name) + ": ";
    case Origin::Kind::kFile:
      return origin.where + ": " + std::string(option.name) + ": ";
    case Origin::Kind::kEnvironment:
    case Origin::Kind::kFlag:
      return origin.where + ": ";
  }
  return "";
}

}  // namespace tusk::config

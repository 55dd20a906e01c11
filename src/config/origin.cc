#include "config/origin.h"

namespace tusk::config {
namespace {

std::string source_of(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::kDefault:
      return "default";
    case Origin::Kind::kPreset:
      return "preset " + origin.where;
    case Origin::Kind::kFile:
      return "file " + origin.where + (origin.alias.empty() ? "" : ", as " + origin.alias);
    case Origin::Kind::kEnvironment:
      return "environment " + origin.where;
    case Origin::Kind::kFlag:
      return "flag " + origin.where;
  }
  return "";
}

}  // namespace

std::string to_string(const Origin& origin) {
  std::string text = source_of(origin);
  if (!origin.added_by.empty()) text += ", preset " + origin.added_by + " adds to it";
  return text;
}

std::string prefix(const Option& option, const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::kDefault:
      return std::string(option.name) + ": ";
    case Origin::Kind::kPreset:
      return "preset " + origin.where + ": " + std::string(option.name) + ": ";
    case Origin::Kind::kFile:
      return origin.where + ": " +
             (origin.alias.empty() ? std::string(option.name) : origin.alias) + ": ";
    case Origin::Kind::kEnvironment:
    case Origin::Kind::kFlag:
      return origin.where + ": ";
  }
  return "";
}

}  // namespace tusk::config

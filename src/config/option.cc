#include "config/option.h"

namespace tusk::config {

bool is_list(Type type) {
  return type == Type::kAddressList || type == Type::kPathList || type == Type::kProxyList ||
         type == Type::kHeaderList || type == Type::kTextList;
}

std::string_view title(Section section) {
  switch (section) {
    case Section::kServing:
      return "Serving";
    case Section::kRouting:
      return "Routing and error pages";
    case Section::kTls:
      return "TLS";
    case Section::kPhp:
      return "PHP";
    case Section::kConnections:
      return "Connections";
    case Section::kMessages:
      return "Requests and responses";
    case Section::kFiles:
      return "Files";
    case Section::kLogging:
      return "Logging";
    case Section::kDevelopment:
      return "Development";
  }
  return "";
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::kNotGiven:
      break;
    case Scope::kProcess:
      return "process";
    case Scope::kListener:
      return "listener";
    case Scope::kSite:
      return "site";
  }
  return "";
}

std::string placeholder(const Option& option) {
  if (!option.placeholder.empty()) return std::string(option.placeholder);
  switch (option.type) {
    case Type::kBool:
      return "on|off";
    case Type::kCount:
      return "N";
    case Type::kRatio:
      return "RATIO";
    case Type::kBytes:
      return "SIZE";
    case Type::kDuration:
      return "TIME";
    case Type::kString:
    case Type::kTextList:
      return "TEXT";
    case Type::kPath:
      return "PATH";
    case Type::kPathList:
      return "FILE";
    case Type::kOptionalAddress:
      return "ADDR|off";
    case Type::kAddressList:
    case Type::kProxyList:
      return "ADDR";
    case Type::kHeaderList:
      return "NAME";
    case Type::kDirectives:
      return "NAME=VALUE";
    case Type::kChoice:
      break;
  }
  return listed_choices(option);
}

std::string listed_choices(const Option& option) {
  std::string words;
  for (const Choice& choice : option.choices) {
    if (!choice.listed) continue;
    if (!words.empty()) words += '|';
    words += choice.text;
  }
  return words;
}

}  // namespace tusk::config

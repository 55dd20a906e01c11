#include "php/sapi/script_log.h"

#include <array>
#include <string>

#include "http/token.h"
#include "php/sapi/json_context.h"
#include "php/sapi/request_log.h"

namespace tusk::php::sapi {

namespace {

using observe::Level;

// In the order of syslog's numbers.
constexpr std::array<ScriptLevel, 8> kLevels = {{{"emergency", Level::kError},
                                                 {"alert", Level::kError},
                                                 {"critical", Level::kError},
                                                 {"error", Level::kError},
                                                 {"warning", Level::kWarn},
                                                 {"notice", Level::kInfo},
                                                 {"info", Level::kInfo},
                                                 {"debug", Level::kDebug}}};

}  // namespace

std::optional<ScriptLevel> script_level(std::string_view name) {
  for (const ScriptLevel& level : kLevels) {
    if (http::equals_lower(name, level.name)) return level;
  }
  return std::nullopt;
}

std::optional<ScriptLevel> script_level(zend_long number) {
  if (number < 0 || number >= static_cast<zend_long>(kLevels.size())) return std::nullopt;
  return kLevels[static_cast<std::size_t>(number)];
}

ScriptLevel franken_level(zend_long number) {
  std::string_view name = kFrankenLevels[0].level;
  for (const FrankenLevel& level : kFrankenLevels) {
    if (number >= level.number) name = level.level;
  }
  return *script_level(name);
}

void register_franken_levels(int module_number) {
  for (const FrankenLevel& level : kFrankenLevels) {
    const std::string name = std::string("FRANKENPHP_LOG_LEVEL_") + level.constant;
    zend_register_long_constant(name.c_str(), name.size(), level.number, CONST_PERSISTENT,
                                module_number);
  }
}

void log_from_script(const ScriptLevel& level, std::string_view message, HashTable* context,
                     RequestContext* request) noexcept {
  if (!observe::enabled(level.level)) return;
  try {
    std::string json;
    if (context != nullptr && zend_hash_num_elements(context) > 0) {
      append_json_context(json, context);
    }
    const std::array<observe::Field, 2> fields = {
        observe::Field("severity", level.name), observe::Field("context", observe::JsonText{json})};
    log_for_request(level.level, message, request, std::span(fields).first(json.empty() ? 1 : 2));
  } catch (...) {
    // Out of memory: there is no way to report it.
  }
}

}  // namespace tusk::php::sapi

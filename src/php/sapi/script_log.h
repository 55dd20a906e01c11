// tusk_log(): lines that scripts write to the log.
//
// Thread: the worker's.
#pragma once

#include <optional>
#include <string_view>

#include "observe/log.h"
#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// One of PSR-3's eight levels, which are those of syslog.
struct ScriptLevel {
  std::string_view name;
  observe::Level level;
};

// Finds a level by its name in either case, or by PHP's constant LOG_EMERG (0) to LOG_DEBUG (7).
std::optional<ScriptLevel> script_level(std::string_view name);
std::optional<ScriptLevel> script_level(zend_long number);

// The levels of frankenphp_log(), and the names of their constants without FRANKENPHP_LOG_LEVEL_.
struct FrankenLevel {
  zend_long number;
  const char* constant;
  std::string_view level;  // of PSR-3
};
inline constexpr FrankenLevel kFrankenLevels[] = {
    {-4, "DEBUG", "debug"}, {0, "INFO", "info"}, {4, "WARN", "warning"}, {8, "ERROR", "error"}};

// The level of that number, or the next one below it.
ScriptLevel franken_level(zend_long number);
// Registers the constants. While modules start.
void register_franken_levels(int module_number);

// `request` may be null, where a script runs without one (preload). `context` may be empty.
void log_from_script(const ScriptLevel& level, std::string_view message, HashTable* context,
                     RequestContext* request) noexcept;

}  // namespace tusk::php::sapi

#include "config/options/choice.h"
#include "config/options/sections.h"
#include "config/options/unit.h"

namespace tusk::config::options {
namespace {

constexpr Choice kLogFormats[] = {choice("text", LogFormat::kText),
                                  choice("json", LogFormat::kJson)};
// LOG_LEVEL is also what Laravel and others read: their names (RFC 5424's) must not stop us.
constexpr Choice kLogLevels[] = {
    choice("trace", LogLevel::kTrace), choice("debug", LogLevel::kDebug),
    choice("info", LogLevel::kInfo),   alias("notice", LogLevel::kInfo),
    choice("warn", LogLevel::kWarn),   alias("warning", LogLevel::kWarn),
    choice("error", LogLevel::kError), alias("critical", LogLevel::kError),
    alias("alert", LogLevel::kError),  alias("emergency", LogLevel::kError),
    choice("off", LogLevel::kOff),
};

constexpr Option kOptions[] = {
    {.name = "log_level",
     .flag = "log-level",
     .environment = "LOG_LEVEL",
     .section = Section::kLogging,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::log_level,
     .default_text = "info",
     .choices = kLogLevels,
     .doc = "Least severe messages that are logged, on stderr."},
    {.name = "log_format",
     .flag = "log-format",
     .environment = "LOG_FORMAT",
     .section = Section::kLogging,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::log_format,
     .default_text = "text",
     .choices = kLogFormats,
     .doc = "Text for people, or one JSON object per line."},
    {.name = "access_log",
     .flag = "access-log",
     .environment = "ACCESS_LOG",
     .section = Section::kLogging,
     .scope = Scope::kProcess,
     .type = Type::kBool,
     .field = &Settings::access_log,
     .default_text = "off",
     .doc = "Log a line for each request."},
    {.name = "slow_request",
     .flag = "slow-request",
     .environment = "SLOW_REQUEST",
     .section = Section::kLogging,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::slow_request,
     .default_text = "0s",
     .max = kDayMs,
     .doc = "Log a script that runs longer than this: once while it runs, with its PHP backtrace, "
            "and once when it ends. Time spent waiting for the client does not count, and event "
            "streams are left out. 0 is off."},
    {.name = "slow_memory",
     .flag = "slow-memory",
     .environment = "SLOW_MEMORY",
     .section = Section::kLogging,
     .scope = Scope::kProcess,
     .type = Type::kBytes,
     .field = &Settings::slow_memory,
     .default_text = "0",
     .max = 64 * kGiB,
     .doc = "Log a script that uses at least this much of PHP's memory, in the way of "
            "slow_request. 0 is off."},
    {.name = "service_name",
     .flag = "service-name",
     .environment = "SERVICE_NAME",
     .section = Section::kLogging,
     .scope = Scope::kProcess,
     .type = Type::kString,
     .field = &Settings::service_name,
     .default_text = "tusk",
     .min = 1,
     .max = 128,
     .doc = "Name of this service in logs."},
};

}  // namespace

std::span<const Option> logging() { return kOptions; }

}  // namespace tusk::config::options

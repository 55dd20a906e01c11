#include "console/status_text.h"

#include <cstdint>

#include "console/json_reader.h"

namespace tusk::console {

namespace {

// 3 d 4 h, 5 min 6 s.
std::string duration_text(const Json& object, const char* name) {
  const Json& value = value_of(object, name);
  if (!value.is_number_integer()) return "?";
  const auto seconds = value.get<std::int64_t>();
  const auto both = [](std::int64_t large, const char* unit, std::int64_t small,
                       const char* small_unit) {
    return std::to_string(large) + " " + unit + " " + std::to_string(small) + " " + small_unit;
  };
  if (seconds >= 86400) return both(seconds / 86400, "d", seconds % 86400 / 3600, "h");
  if (seconds >= 3600) return both(seconds / 3600, "h", seconds % 3600 / 60, "min");
  if (seconds >= 60) return both(seconds / 60, "min", seconds % 60, "s");
  return std::to_string(seconds) + " s";
}

// "2 busy, 6 idle, 1234 requests". Empty: the process has no place in the scoreboard.
std::string counts_text(const Json& process) {
  const Json& workers = value_of(process, "workers");
  if (!workers.is_object()) return {};
  std::string text = text_of(workers, "busy") + " busy, " + text_of(workers, "idle") + " idle";
  const std::string other = text_of(workers, "other");
  // They start, or are lost or stopped.
  if (other != "0") text += ", " + other + " other";
  return "  " + text + ", " + text_of(process, "requests") + " requests";
}

// ", to be replaced: memory". Empty: it is not.
std::string recycling_text(const Json& process) {
  const Json& reason = value_of(process, "recycling");
  return reason.is_string() ? ", to be replaced: " + reason.get<std::string>() : std::string();
}

// "replaced server processes: 2 memory, 1 age". Empty: none was.
std::string recyclings_text(const Json& status) {
  const Json& counts = value_of(status, "recycled");
  if (!counts.is_object()) return {};
  std::string reasons;
  for (const auto& [reason, count] : counts.items()) {
    if (!count.is_number_unsigned() || count.get<std::uint64_t>() == 0) continue;
    reasons += (reasons.empty() ? "" : ", ") + count.dump() + " " + reason;
  }
  return reasons.empty() ? std::string() : "replaced server processes: " + reasons + "\n";
}

}  // namespace

std::string status_text(std::string_view json) {
  const Json status = Json::parse(json, nullptr, false);
  std::string text = "tusk " + text_of(status, "version") + ": " + text_of(status, "state") +
                     ", pid " + text_of(status, "pid") + ", up " +
                     duration_text(status, "uptime_seconds") + "\n";
  for (const Json& listener : list_of(status, "listeners")) {
    const bool internal = text_of(listener, "internal") == "true";
    text += (internal ? "internal server on " : "serves on ") + text_of(listener, "address") + "\n";
  }
  text += recyclings_text(status);
  for (const Json& generation : list_of(status, "generations")) {
    text += "generation " + text_of(generation, "generation");
    if (text_of(generation, "ready") == "true")
      text += ", ready for " + duration_text(generation, "seconds_since_ready");
    text += "\n";
    for (const Json& process : list_of(generation, "processes")) {
      text += "  pid " + text_of(process, "pid") + "  " + text_of(process, "phase") +
              counts_text(process) + recycling_text(process) + "\n";
    }
  }
  return text;
}

}  // namespace tusk::console

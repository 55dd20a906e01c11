// Event: something that an operator wants to see without reading the log, such as a fatal error, a
// slow request or a crash.
//
// Thread: any; a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::observe::inline scoreboard {

// X(id, name, group): the name is that of /events.
#define TUSK_EVENT_KINDS(X)                 \
  X(kFatalError, "fatal_error", kErrors)    \
  X(kServerError, "server_error", kErrors)  \
  X(kSlowRequest, "slow_request", kSlow)    \
  X(kRejected, "rejected", kRejected)       \
  X(kLostWorker, "lost_worker", kProcesses) \
  X(kCrash, "crash", kProcesses)            \
  X(kReload, "reload", kProcesses)          \
  X(kReloadFailed, "reload_failed", kProcesses)

enum class EventKind : std::uint8_t {
#define TUSK_EVENT_ID(id, name, group) id,
  TUSK_EVENT_KINDS(TUSK_EVENT_ID)
#undef TUSK_EVENT_ID
};

// Events of one group never displace those of another.
enum class EventGroup : std::uint8_t { kErrors, kSlow, kRejected, kProcesses };
inline constexpr std::size_t kEventGroups = 4;

inline constexpr std::string_view kEventKinds[] = {
#define TUSK_EVENT_NAME(id, name, group) name,
    TUSK_EVENT_KINDS(TUSK_EVENT_NAME)
#undef TUSK_EVENT_NAME
};

inline constexpr EventGroup kGroupsOfEvents[] = {
#define TUSK_EVENT_GROUP(id, name, group) EventGroup::group,
    TUSK_EVENT_KINDS(TUSK_EVENT_GROUP)
#undef TUSK_EVENT_GROUP
};

constexpr std::string_view to_string(EventKind kind) noexcept {
  return kEventKinds[static_cast<std::size_t>(kind)];
}
constexpr EventGroup group_of(EventKind kind) noexcept {
  return kGroupsOfEvents[static_cast<std::size_t>(kind)];
}

// An event that is noted. Texts that are too long lose their end. A member that does not
// apply is 0 or empty.
struct Event {
  EventKind kind{};
  std::int32_t pid = 0;  // of the process that it is about
  int status = 0;        // of the response
  std::int64_t duration_ns = 0;
  std::uint64_t times = 1;  // how many events like this one it stands for
  std::string_view request_id{};
  std::string_view method{};
  std::string_view host{};
  std::string_view path{};  // without the query, which may hold secrets
  std::string_view script{};
  std::string_view message{};
};

// A copy of a noted event. Its texts and numbers are not trusted: another process may have written
// them.
struct EventView {
  std::uint64_t number = 0;  // later events have higher numbers
  EventKind kind{};
  std::int64_t time_ms = 0;  // since 1970
  std::int32_t pid = 0;
  int status = 0;
  std::int64_t duration_ns = 0;
  std::uint64_t times = 0;
  std::string request_id;
  std::string method;
  std::string host;
  std::string path;
  std::string script;
  std::string message;
};

}  // namespace tusk::observe::inline scoreboard

// Notes events for the people who look at /events, the dashboard or `tusk top`.
//
// An event is noted where it is logged or counted, and never on the way of a request that went
// well.
//
// Owner: the process. Thread: any; EventNotes main.
#pragma once

#include "observe/scoreboard/event.h"
#include "observe/scoreboard/recent_events.h"

namespace tusk::observe {

// A process notes this many events of a kind in a second. Further ones count in `times` of the next
// that is noted.
inline constexpr std::uint64_t kNotedPerSecond = 8;

// Where note_event() writes, while this lives: before, it does nothing.
class EventNotes {
 public:
  explicit EventNotes(RecentEvents& events) noexcept;
  EventNotes(const EventNotes&) = delete;
  EventNotes& operator=(const EventNotes&) = delete;
  ~EventNotes();
};

// Takes the time, and this process as the one that the event is about, if it names none.
void note_event(Event event) noexcept;

}  // namespace tusk::observe

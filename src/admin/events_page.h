// The page /events of the internal server: recent errors, slow requests, crashes and reloads.
//
// Pure functions of their arguments. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "observe/scoreboard/event.h"

namespace tusk::admin {

// In the order of their numbers.
std::string events_json(const std::vector<observe::EventView>& events);
std::string events_html(const std::vector<observe::EventView>& events);
// The rows of a table, the newest first: time, event, status, how long it took, what.
void append_event_rows(std::string& html, const std::vector<observe::EventView>& events);

}  // namespace tusk::admin

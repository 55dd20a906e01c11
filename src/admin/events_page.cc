#include "admin/events_page.h"

#include <ranges>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/html_text.h"

namespace tusk::admin {

namespace {

using Json = nlohmann::ordered_json;
using observe::EventKind;
using observe::EventView;

double seconds_of(const EventView& event) {
  return event.duration_ns > 0 ? static_cast<double>(event.duration_ns) / 1e9 : 0;
}

Json event_json(const EventView& event) {
  return {{"number", event.number},
          {"time_ms", event.time_ms},
          {"kind", to_string(event.kind)},
          {"times", event.times},
          {"pid", event.pid},
          {"status", event.status},
          {"seconds", seconds_of(event)},
          {"request_id", event.request_id},
          {"method", event.method},
          {"host", event.host},
          {"path", event.path},
          {"script", event.script},
          {"message", event.message}};
}

std::string kind_text(const EventView& event) {
  std::string text(to_string(event.kind));
  for (char& letter : text) {
    if (letter == '_') letter = ' ';
  }
  if (event.times > 1) text += fmt::format(" × {}", event.times);
  return text;
}

void append_small(std::string& html, std::string_view text) {
  if (text.empty()) return;
  html += "<small>";
  append_escaped(html, text);
  html += "</small>";
}

void append_row(std::string& html, const EventView& event) {
  html += "<tr>";
  append_cell(html, clock_text(event.time_ms), "class=\"time\"");
  append_cell(html, kind_text(event));
  append_cell(html, event.status != 0 ? std::to_string(event.status) : std::string(),
              "class=\"number\"");
  append_cell(html, event.duration_ns > 0 ? seconds_text(seconds_of(event)) : std::string(),
              "class=\"number\"");
  html += "<td class=\"text\">";
  append_escaped(html, event.path.empty() ? fmt::format("process {}", event.pid)
                                          : event.method + " " + event.host + event.path);
  append_small(html, event.message);
  append_small(html, event.script);
  html += "</td></tr>\n";
}

}  // namespace

std::string events_json(const std::vector<EventView>& events) {
  Json json = {{"events", Json::array()}};
  for (const EventView& event : events) json["events"].push_back(event_json(event));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void append_event_rows(std::string& html, const std::vector<EventView>& events) {
  // A slow request is noted while it runs and at its end: the latter is shown.
  std::set<std::string_view> slow;
  for (const EventView& event : events | std::views::reverse) {
    const bool is_slow =
        event.kind == observe::EventKind::kSlowRequest && !event.request_id.empty();
    if (!is_slow || slow.insert(event.request_id).second) append_row(html, event);
  }
  if (events.empty()) html += "<tr><td class=\"none\" colspan=\"5\">Nothing to report.</td></tr>";
}

std::string events_html(const std::vector<EventView>& events) {
  std::string html;
  append_head(html, "recent errors and slow requests");
  html +=
      "<main><section><div class=\"bar\"><h2>Recent errors and slow requests</h2><p class=\"note\">"
      "Times are in UTC. <a href=\"?format=json\">as JSON</a></p></div>\n"
      "<table class=\"rows\"><thead><tr>"
      "<th>time</th><th>event</th><th class=\"number\">status</th><th class=\"number\">took</th>"
      "<th>what</th></tr></thead><tbody>\n";
  append_event_rows(html, events);
  html += "</tbody></table></section></main>\n</body></html>\n";
  return html;
}

}  // namespace tusk::admin

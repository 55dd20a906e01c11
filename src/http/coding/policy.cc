#include "http/coding/policy.h"

namespace tusk::http::coding {

namespace {

// Not encoded unless listed by name: each event must arrive at once, and proxies and clients that
// decode may hold events back.
const MediaTypes& event_stream() {
  static const MediaTypes type({"text/event-stream"});
  return type;
}

}  // namespace

bool Policy::takes(std::string_view content_type) const {
  if (event_stream().contain(content_type)) return types.name(content_type);
  return types.contain(content_type);
}

bool Policy::takes_stream(std::string_view content_type) const {
  if (stream_types.empty()) return false;
  if (stream_types.name(content_type)) return true;
  return stream_types.contain(content_type) && takes(content_type);
}

}  // namespace tusk::http::coding

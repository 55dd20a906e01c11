// RecycleRequest: why a server process asks that another one takes its place, as the text of
// Message::kRecycle has it.
//
// Thread: any; a value and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observe/metrics_list.h"

namespace tusk::supervisor::recycling {

struct RecycleRequest {
  observe::ProcessRecycling reason{};
  // The measured value, and the limit that it has reached: bytes, seconds, or a number.
  std::uint64_t measured = 0;
  std::uint64_t limit = 0;

  bool operator==(const RecycleRequest&) const = default;
};

std::string_view to_string(observe::ProcessRecycling reason);

std::string to_text(const RecycleRequest& request);
// Nothing: a broken process, or one of another version, has written it.
std::optional<RecycleRequest> parse_recycle_request(std::string_view text);

}  // namespace tusk::supervisor::recycling

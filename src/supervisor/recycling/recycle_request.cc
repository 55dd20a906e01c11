#include "supervisor/recycling/recycle_request.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>

namespace tusk::supervisor::recycling {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, number);
  return read.ptr == end && read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// The text up to the next space, which is taken from `rest`.
std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

}  // namespace

std::string_view to_string(observe::ProcessRecycling reason) {
  return observe::kProcessRecyclings[static_cast<std::size_t>(reason)];
}

std::string to_text(const RecycleRequest& request) {
  return std::string(to_string(request.reason)) + " " + std::to_string(request.measured) + " " +
         std::to_string(request.limit);
}

std::optional<RecycleRequest> parse_recycle_request(std::string_view text) {
  const auto& words = observe::kProcessRecyclings;
  const auto* const word = std::ranges::find(words, take_word(text));
  const std::optional<std::uint64_t> measured = parse_number(take_word(text));
  const std::optional<std::uint64_t> limit = parse_number(text);
  if (word == std::end(words) || !measured || !limit) return std::nullopt;
  return RecycleRequest{.reason = static_cast<observe::ProcessRecycling>(word - std::begin(words)),
                        .measured = *measured,
                        .limit = *limit};
}

}  // namespace tusk::supervisor::recycling

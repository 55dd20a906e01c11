#include "observe/profile/limits.h"

#include <charconv>
#include <string>

namespace tusk::observe::profile {

base::Result<double> read_seconds(std::string_view text) {
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == end;
  // Also false for what is not a number at all (NaN).
  if (!is_number || !(seconds >= kFewestSeconds && seconds <= kMostSeconds)) {
    return base::fail("must be a number from 0.1 to 3600");
  }
  return seconds;
}

}  // namespace tusk::observe::profile

#include "observe/profile/format.h"

#include <algorithm>
#include <iterator>

#include "observe/profile/flame_graph.h"
#include "observe/profile/folded.h"
#include "observe/profile/pprof.h"
#include "observe/profile/profile_data.h"
#include "observe/profile/speedscope.h"

namespace tusk::observe::profile {

const FormatFacts* format_named(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &FormatFacts::name);
  return found != std::end(kFormats) ? found : nullptr;
}

const FormatFacts& facts_of(Format format) {
  return *std::ranges::find(kFormats, format, &FormatFacts::format);
}

std::string render(const Profile& profile, Format format, Clock clock) {
  switch (format) {
    case Format::kFlameGraph:
      return flame_graph(profile);
    case Format::kSpeedscope:
      return speedscope(profile);
    case Format::kPprof:
      return pprof(profile);
    case Format::kFolded:
      return folded(profile, clock);
    case Format::kData:
      return profile_data(profile);
  }
  return {};
}

}  // namespace tusk::observe::profile

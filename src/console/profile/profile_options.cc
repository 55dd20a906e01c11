#include "console/profile/profile_options.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/output/help.h"
#include "observe/profile/limits.h"

namespace tusk::console::profile {

namespace {

using observe::profile::Clock;
using observe::profile::Format;

struct Ending {
  std::string_view text;
  Format format;
};
// The longer ones of two that fit come first.
constexpr Ending kEndings[] = {
    {".html", Format::kFlameGraph}, {".htm", Format::kFlameGraph}, {".svg", Format::kFlameGraph},
    {".json", Format::kSpeedscope}, {".pb.gz", Format::kPprof},    {".pprof", Format::kPprof},
    {".folded", Format::kFolded},   {".txt", Format::kFolded},
};

struct OptionLine {
  std::string_view usage;
  std::string_view doc;
};
constexpr OptionLine kOptions[] = {
    {"--seconds N", "How long to measure: 0.1 to 3600. Default: 30"},
    {"--format FORMAT",
     "flamegraph (a page for a browser, in one file), speedscope (JSON for speedscope.app), pprof "
     "(for `go tool pprof`) or folded (for flamegraph.pl). Default: by the ending of the output "
     "file's name, else flamegraph"},
    {"-o, --output FILE",
     "Where to write; - is standard output. Default: standard output if it is not a terminal, "
     "else tusk-profile-TIME with the format's ending in the current directory"},
    {"--path GLOB",
     "Only requests whose path matches, such as '/shop/**' (* within a segment, ** across)"},
    {"--script GLOB",
     "Only requests that run a matching script: by its name ('index.php'), or with a slash by its "
     "whole path ('/srv/shop/**')"},
    {"--pool NAME", "Only requests of that pool; the one of plain requests is named default"},
    {"--clock wall|cpu", "Which time folded stacks have. Default: wall"},
};

// All but letters that never need it.
std::string encoded(std::string_view text) {
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool is_plain = (byte < 0x80 && std::isalnum(byte) != 0) || each == '-' || each == '.' ||
                          each == '_' || each == '/';
    if (is_plain) {
      out += each;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const FlagValues& values) : values_(values) {}

  std::expected<ProfileOptions, std::vector<std::string>> run() {
    read_seconds();
    options_.output = value("output").value_or("");
    options_.path = value("path").value_or("");
    options_.script = value("script").value_or("");
    options_.pool = value("pool").value_or("");
    for (const char* const flag : {"output", "path", "script", "pool"}) {
      if (value(flag) == "") mistakes_.push_back("--" + std::string(flag) + " needs a value");
    }
    read_format();
    read_clock();
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    return options_;
  }

 private:
  std::optional<std::string> value(std::string_view flag) const {
    const auto found = values_.find(flag);
    return found != values_.end() ? std::optional(found->second) : std::nullopt;
  }

  void read_seconds() {
    const auto text = value("seconds");
    if (!text) return;
    const auto seconds = observe::profile::read_seconds(*text);
    if (seconds) {
      options_.seconds = *seconds;
    } else {
      mistakes_.push_back("--seconds " + *text + ": " + seconds.error().message);
    }
  }

  void read_format() {
    const auto name = value("format");
    if (!name) {
      const auto fits = [&](const Ending& each) { return options_.output.ends_with(each.text); };
      const auto* const ending = std::ranges::find_if(kEndings, fits);
      if (ending != std::end(kEndings)) options_.format = ending->format;
      return;
    }
    const auto* const format = observe::profile::format_named(*name);
    if (format != nullptr && format->format != Format::kData) {
      options_.format = format->format;
    } else {
      mistakes_.push_back("--format " + *name + ": there are " +
                          std::string(observe::profile::kFormatNames));
    }
  }

  void read_clock() {
    const auto name = value("clock");
    if (!name) return;
    options_.clock = *name == "cpu" ? Clock::kCpu : Clock::kWall;
    if (*name != "cpu" && *name != "wall") {
      mistakes_.push_back("--clock " + *name + ": there are wall and cpu");
    } else if (options_.format != Format::kFolded) {
      mistakes_.emplace_back("--clock is for --format folded: the other formats have both");
    }
  }

  const FlagValues& values_;
  ProfileOptions options_;
  std::vector<std::string> mistakes_;
};

}  // namespace

std::expected<ProfileOptions, std::vector<std::string>> read_options(const FlagValues& values) {
  return Reader(values).run();
}

std::string options_help() {
  constexpr std::size_t kIndent = 6;
  std::string text = "Options:\n";
  for (const OptionLine& option : kOptions) {
    text += "  " + std::string(option.usage) + "\n";
    text += config::output::wrap(option.doc, kIndent);
  }
  return text;
}

std::string request_target(const ProfileOptions& options, double seconds) {
  std::string target = fmt::format("/profile?format=data&seconds={:.3f}", seconds);
  if (!options.path.empty()) target += "&path=" + encoded(options.path);
  if (!options.script.empty()) target += "&script=" + encoded(options.script);
  if (!options.pool.empty()) target += "&pool=" + encoded(options.pool);
  return target;
}

}  // namespace tusk::console::profile

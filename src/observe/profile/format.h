// The formats of a profile.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observe/profile/profile.h"

namespace tusk::observe::profile {

enum class Format : std::uint8_t {
  kFlameGraph,  // a page for browsers
  kSpeedscope,  // JSON for speedscope.app
  kPprof,       // gzipped protobuf for `go tool pprof`
  kFolded,      // a stack in each line, for flamegraph.pl and the like
  kData,        // all of the profile as JSON, from which processes' profiles are merged
};

struct FormatFacts {
  Format format;
  std::string_view name;
  std::string_view content_type;
  std::string_view file_ending;  // of a file that is written
};

inline constexpr FormatFacts kFormats[] = {
    {Format::kFlameGraph, "flamegraph", "text/html; charset=utf-8", ".html"},
    {Format::kSpeedscope, "speedscope", "application/json", ".speedscope.json"},
    {Format::kPprof, "pprof", "application/octet-stream", ".pb.gz"},
    {Format::kFolded, "folded", "text/plain; charset=utf-8", ".folded"},
    {Format::kData, "data", "application/json", ".json"},
};

// Null: no format has this name.
const FormatFacts* format_named(std::string_view name);
const FormatFacts& facts_of(Format format);
// The names for a message: "flamegraph, speedscope, pprof or folded".
inline constexpr std::string_view kFormatNames = "flamegraph, speedscope, pprof or folded";

// Clock says which time a format with a single value shows: folded stacks have one number a line.
enum class Clock : std::uint8_t { kWall, kCpu };

// `clock` is for kFolded; the others have both.
std::string render(const Profile& profile, Format format, Clock clock = Clock::kWall);

}  // namespace tusk::observe::profile

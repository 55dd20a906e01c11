// TraceContext: a request's place in a distributed trace (W3C Trace Context, level 1).
//
// Pure functions and values. Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tusk::http {

// The ids are numbers in network order: trace_high is the first half of the trace id. A context
// whose trace id is zero is none.
struct TraceContext {
  static constexpr std::uint8_t kSampled = 1;

  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;    // of this server, for this request
  std::uint64_t parent = 0;  // the caller's span; 0: the trace begins here
  std::uint8_t flags = 0;

  bool on() const { return (trace_high | trace_low) != 0; }
  bool sampled() const { return (flags & kSampled) != 0; }
};

// Reads a traceparent: `parent` is the caller's span, `span` is not set. Nothing: it is malformed,
// and the trace begins anew (§4.3). Versions above 00 are read as far as 00 reaches (§4.1). Flags
// that 00 does not have are dropped.
std::optional<TraceContext> parse_traceparent(std::string_view text);

// Whether a tracestate, of one or more header fields, can be passed on (§3.3): at most 32 members,
// each key=value with valid characters, and no key twice.
bool is_tracestate(std::string_view text);

// The traceparent for those that this server calls: 00-TRACE-SPAN-FLAGS.
std::string to_traceparent(const TraceContext& context);

// 32 and 16 hex digits.
std::array<char, 32> trace_id_text(const TraceContext& context);
std::array<char, 16> span_id_text(std::uint64_t span);

}  // namespace tusk::http

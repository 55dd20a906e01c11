// Violation: why the server ended a connection.
//
// Plain data. Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace tusk::http::h2 {

// Each is counted in /metrics under its own name.
enum class Violation : std::uint8_t {
  kNone,
  kResets,  // rapid reset, and streams that the client makes fail (CVE-2023-44487, 2025-8671)
  kContinuations,  // a header block in too many frames (CVE-2024-27316)
  kHeaderList,     // a header block far beyond the limit: an HPACK bomb
  kPings,          // this and the next ones: floods of useless frames (CVE-2019-9511 and following)
  kSettings,
  kPriorities,
  kWindowUpdates,
  kEmptyFrames,
  kUnknownFrames,
  kAcks,      // SETTINGS and PING whose answers the client does not read
  kProtocol,  // any other connection error of RFC 9113
};

std::string_view to_string(Violation violation);

}  // namespace tusk::http::h2

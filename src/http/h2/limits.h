// SessionLimits: the limits of an HTTP/2 session.
//
// Plain data from the option table. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::http::h2 {

// The limits of one HTTP/2 connection that the protocol layer enforces.
struct SessionLimits {
  std::size_t header_bytes = 32 * 1024;  // of a request, counted as in RFC 9113 §6.5.2: 431
  std::size_t header_count = 100;        // 431; the crumbs of a cookie count as one
  std::size_t target_bytes = 8 * 1024;   // 414

  std::uint32_t max_streams = 100;                           // concurrent (§5.1.2)
  std::uint32_t stream_window_bytes = 1024 * 1024;           // of a request body (§6.9)
  std::uint32_t connection_window_bytes = 16 * 1024 * 1024;  // of all request bodies together

  // A connection that exceeds one of these is closed with ENHANCE_YOUR_CALM.
  std::uint32_t max_resets = 500;           // failed or reset streams in 10 s
  std::uint32_t max_control_frames = 2000;  // useless frames in 10 s (frame_budget.h)
  std::uint32_t max_continuations = 8;      // CONTINUATION frames of one header block
  std::uint32_t max_unsent_acks = 1000;     // of SETTINGS and PING, while the client does not read
};

}  // namespace tusk::http::h2

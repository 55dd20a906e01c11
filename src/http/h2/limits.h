// Limits of one HTTP/2 connection, as far as the protocol enforces them.
//
// Plain data from the option table. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::http::h2 {

struct SessionLimits {
  std::size_t header_bytes = 32 * 1024;  // of a request, as RFC 9113 §6.5.2 counts: 431
  std::size_t header_count = 100;        // 431; crumbs of a cookie count as one
  std::size_t target_bytes = 8 * 1024;   // 414

  std::uint32_t max_streams = 100;                           // at a time (§5.1.2)
  std::uint32_t stream_window_bytes = 1024 * 1024;           // a request body in flight (§6.9)
  std::uint32_t connection_window_bytes = 16 * 1024 * 1024;  // all of them together

  // Beyond these the connection is closed with ENHANCE_YOUR_CALM.
  std::uint32_t max_resets = 500;           // streams that fail or are reset, in 10 s
  std::uint32_t max_control_frames = 2000;  // that nothing called for, in 10 s (frame_budget.h)
  std::uint32_t max_continuations = 8;      // CONTINUATION frames of one header block
  std::uint32_t max_unsent_acks = 1000;     // of SETTINGS and PING, while the client reads nothing
};

}  // namespace tusk::http::h2

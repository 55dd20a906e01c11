// Policy: the settings of compression.
//
// Plain data, made from the options at start-up. Thread: any, then constant.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "http/accept_encoding.h"
#include "http/coding/encoder.h"
#include "http/coding/media_types.h"

namespace tusk::http::coding {

// Says which responses are encoded, and how.
struct Policy {
  // In the server's order of preference, for clients that accept several equally. Empty: nothing is
  // encoded.
  std::vector<ContentCoding> scripts;  // encoded for each request
  std::vector<ContentCoding> files;    // encoded once and kept
  Levels levels;

  // The size of a body; both bounds are included.
  std::uint64_t min_bytes = 256;
  std::uint64_t max_bytes = std::uint64_t{3} * 1024 * 1024;

  MediaTypes types;
  // For responses that are flushed while they are made: they are encoded with a flush point at each
  // flush. A star also covers what is in `types`; an event stream must be listed by name.
  MediaTypes stream_types;

  bool has_right_size(std::uint64_t bytes) const {
    return bytes >= min_bytes && bytes <= max_bytes;
  }
  bool takes(std::string_view content_type) const;
  bool takes_stream(std::string_view content_type) const;
  // Whether a file of that size is compressed for clients that want it.
  bool takes_file(std::string_view content_type, std::uint64_t bytes) const {
    return !files.empty() && has_right_size(bytes) && takes(content_type);
  }
};

}  // namespace tusk::http::coding

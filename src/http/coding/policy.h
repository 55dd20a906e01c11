// Policy: what is encoded, and how.
//
// Plain data, made from the options at the start. Thread: any, once it is made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "http/accept_encoding.h"
#include "http/coding/encoder.h"
#include "http/coding/media_types.h"

namespace tusk::http::coding {

struct Policy {
  // In the server's order, for clients that take several alike. Empty: nothing is encoded.
  std::vector<ContentCoding> scripts;  // encoded for each request
  std::vector<ContentCoding> files;    // encoded once and kept
  Levels levels;

  // Of a body, in bytes; both included.
  std::uint64_t min_bytes = 256;
  std::uint64_t max_bytes = std::uint64_t{3} * 1024 * 1024;

  MediaTypes types;
  // Of responses that are flushed while they are made: encoded with a flush point at each flush.
  // A star covers what is in `types` too; an event stream must be named.
  MediaTypes stream_types;

  bool has_right_size(std::uint64_t bytes) const {
    return bytes >= min_bytes && bytes <= max_bytes;
  }
  bool takes(std::string_view content_type) const;
  bool takes_stream(std::string_view content_type) const;
  // Whether a file of that size is compressed for those who want it.
  bool takes_file(std::string_view content_type, std::uint64_t bytes) const {
    return !files.empty() && has_right_size(bytes) && takes(content_type);
  }
};

}  // namespace tusk::http::coding

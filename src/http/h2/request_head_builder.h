// RequestHeadBuilder: builds a RequestHead from the fields of a HEADERS block.
//
// Owner: a Session's stream. Thread: its loop. RFC 9113 §8.2, §8.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/h2/limits.h"
#include "http/refusal.h"
#include "http/request.h"

namespace tusk::http::h2 {

// nghttp2 has already checked some rules, whose violation makes the stream malformed: names in
// lower case, order and number of pseudo fields, connection-specific fields, Content-Length against
// the data. Violations of the rules checked here are answered with a status, as in HTTP/1. The
// result keeps the guarantees of http/request.h.
class RequestHeadBuilder {
 public:
  enum class Added : std::uint8_t {
    kTaken,      // or ignored, because the request is already too large
    kMalformed,  // RFC 9113 §8.1.1
    kExcessive,  // so far beyond the limit that reading on would only help an attack
  };

  explicit RequestHeadBuilder(const SessionLimits& limits) : limits_(limits) {}

  // Forgets the last request but keeps the capacities.
  void clear();

  // The head has been taken, or is not needed: frees what is large. Most requests need little, and
  // a builder stays as long as its stream and longer.
  void free_large();

  Added add(std::string_view name, std::string_view value);

  // Whether the header block ended the stream.
  enum class Body : std::uint8_t { kNone, kFollows };

  // Call after the last field. Even if the request is refused, head() has what is known of it.
  Refusal finish(Body body);

  // Complete after finish(). It may then be swapped with a recycled one.
  RequestHead& head() { return head_; }

 private:
  // A block is an attack if it is larger than its limit times this.
  static constexpr std::size_t kExcess = 4;

  Added add_pseudo(std::string_view name, std::string_view value);
  void add_cookie(std::string_view crumb);
  Refusal read_method_and_target(bool connect);
  Refusal read_authority();
  Refusal read_expect(Body body);
  Refusal read_content_length(std::string_view value);
  Span span_of(std::string_view piece) const;

  const SessionLimits& limits_;
  RequestHead head_;
  std::string cookies_;  // the crumbs, joined (§8.2.3)
  Span scheme_;
  Span pseudo_authority_;
  Span host_;
  bool has_host_ = false;
  bool too_large_ = false;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace tusk::http::h2

// RequestHeadBuilder: the fields of a HEADERS block in, a RequestHead with the promises of
// http/request.h out.
//
// Owned by a Session's stream. Thread: its loop. What nghttp2 has checked already (names in lower
// case, order and number of pseudo fields, connection-specific fields, Content-Length against the
// data) makes the stream malformed there; what is judged here is answered with a status, as in
// HTTP/1. RFC 9113 §8.2, §8.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/h2/limits.h"
#include "http/refusal.h"
#include "http/request.h"

namespace tusk::http::h2 {

class RequestHeadBuilder {
 public:
  enum class Added : std::uint8_t {
    kTaken,      // or ignored, since the request is too large already
    kMalformed,  // RFC 9113 §8.1.1
    kExcessive,  // so far beyond the limit that reading on would only serve an attack
  };

  explicit RequestHeadBuilder(const SessionLimits& limits) : limits_(limits) {}

  // Forgets the last request; capacities stay.
  void clear();

  Added add(std::string_view name, std::string_view value);

  // After the last field. `body_follows`: the block did not end the stream. Refused or not, head()
  // has what is known of the request.
  Refusal finish(bool body_follows);

  // Complete after finish(); may be swapped with a recycled one then.
  RequestHead& head() { return head_; }

 private:
  // What a block may hold in all, times its limit, before it counts as an attack.
  static constexpr std::size_t kExcess = 4;

  Added add_pseudo(std::string_view name, std::string_view value);
  void add_cookie(std::string_view crumb);
  Refusal read_method_and_target(bool connect);
  Refusal read_authority();
  Refusal read_expect(bool body_follows);
  Refusal read_content_length(std::string_view value);
  Span span_of(std::string_view piece) const;

  const SessionLimits& limits_;
  RequestHead head_;
  std::string cookies_;  // crumbs, put together (§8.2.3)
  Span scheme_;
  Span pseudo_authority_;
  Span host_;
  bool has_host_ = false;
  bool too_large_ = false;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace tusk::http::h2

// Preconditions: whether a client's If-* fields and Range let a file be sent, and which part.
//
// Pure. Thread: any. RFC 9110 §13, §14.2.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/entity_tag.h"
#include "http/request.h"

namespace tusk::files {

// The validators that identify a representation in a comparison.
struct Validators {
  std::string_view tag;  // strong
  std::int64_t modified_seconds = 0;
};

enum class PreconditionOutcome : std::uint8_t {
  kSend,
  kNotModified,  // 304
  kFailed,       // 412
};

// The relevant fields of one request, found in one pass.
class Preconditions {
 public:
  explicit Preconditions(const http::RequestHead& request);

  // In the order of RFC 9110 §13.2.2: If-Match, else If-Unmodified-Since; If-None-Match, else
  // If-Modified-Since. Invalid dates are ignored. `now` is in seconds since 1970.
  PreconditionOutcome evaluate(const Validators& file, std::int64_t now) const;

  // The Range field, if it counts: an If-Range field must name this version by its strong tag or
  // its exact date (§13.1.5, §14.2). Empty: the whole file.
  std::string_view range(const Validators& file, std::int64_t now) const;

 private:
  bool any_tag_matches(std::string_view name, std::string_view tag,
                       http::TagComparison comparison) const;

  const http::RequestHead& request_;
  bool has_match_ = false;
  bool has_none_match_ = false;
  bool has_if_range_ = false;
  std::string_view modified_since_;
  std::string_view unmodified_since_;
  std::string_view range_;
  std::string_view if_range_;
};

}  // namespace tusk::files

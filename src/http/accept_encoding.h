// AcceptEncoding: what content codings a client takes, and which of several it gets.
//
// Plain value. Thread: any. RFC 9110 §8.4.1, §12.4.2, §12.5.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/request.h"

namespace tusk::http {

enum class ContentCoding : std::uint8_t { kIdentity, kGzip, kBrotli, kZstd };
inline constexpr std::size_t kContentCodings = 4;

// What Content-Encoding says: "gzip", "br", "zstd"; "identity", which it never says.
std::string_view name_of(ContentCoding coding);

class AcceptEncoding {
 public:
  // Of all the request's Accept-Encoding lines. Without one every coding would be acceptable
  // (RFC 9110 §12.5.3), but who does not ask for a coding often cannot undo it: identity alone.
  static AcceptEncoding of(const RequestHead& request);

  // Takes in one field value. What is malformed is ignored, element by element: a coding is never
  // accepted on the strength of something that could not be read. Of a coding that is named twice,
  // the first holds. x-gzip is gzip (§8.4.1.3).
  void add(std::string_view value);

  // 0 (must not be sent) to 1000, "*" taken into account. Identity is acceptable unless it is
  // excluded by name, or by "*;q=0".
  int quality(ContentCoding coding) const;

  // The best of `offers`, codings that the server has beside identity, in the server's order of
  // preference:
  //  - the client's highest quality; among equals one that it named goes before one that only "*"
  //    covers, and then the server's order decides;
  //  - identity when no offer is acceptable, or when the client named it with a higher quality.
  //    Also when it is excluded: a representation that the client would rather not have is better
  //    than none (§12.5.3).
  // Of what only "*" covers, gzip goes first: who says "*" may not know the others.
  ContentCoding choose(std::span<const ContentCoding> offers) const;

 private:
  bool covers_only_by_star(ContentCoding coding) const;

  static constexpr std::int16_t kUnnamed = -1;
  std::array<std::int16_t, kContentCodings> named_{kUnnamed, kUnnamed, kUnnamed, kUnnamed};
  std::int16_t star_ = kUnnamed;
};

// "0", "0.5", "1.000": thousandths. Nothing for what is not a qvalue (RFC 9110 §12.4.2).
std::optional<int> parse_qvalue(std::string_view text);

}  // namespace tusk::http

// AcceptEncoding: the negotiation of a content coding.
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

// The value of Content-Encoding: "gzip", "br", "zstd". "identity" never appears in the field.
std::string_view name_of(ContentCoding coding);

// Says which content codings a client accepts, and which of several it gets.
class AcceptEncoding {
 public:
  // Reads all Accept-Encoding lines of the request. Without such a line every coding would be
  // acceptable (RFC 9110 §12.5.3), but clients that ask for none often cannot decode any: they get
  // identity.
  static AcceptEncoding of(const RequestHead& request);

  // Adds the value of one line. Malformed elements are ignored, one by one, so that a coding is
  // never accepted because of an element that could not be read. If a coding is named twice, the
  // first one counts. x-gzip is gzip (§8.4.1.3).
  void add(std::string_view value);

  // From 0 (must not be sent) to 1000; "*" counts. Identity is acceptable unless the client
  // excludes it by name or by "*;q=0".
  int quality(ContentCoding coding) const;

  // Chooses among `offers`: the codings that the server has beside identity, in the server's order
  // of preference.
  //  - The highest quality wins. Among equals, a coding that the client named wins over one that
  //    only "*" covers; then the server's order decides.
  //  - Identity is chosen when no offer is acceptable, or when the client named it with a higher
  //    quality; even if the client excluded it, because a representation that the client would
  //    rather not have is better than none (§12.5.3).
  // Among codings that only "*" covers, gzip comes first: a client that sends "*" may not know the
  // others.
  ContentCoding choose(std::span<const ContentCoding> offers) const;

 private:
  bool covers_only_by_star(ContentCoding coding) const;

  static constexpr std::int16_t kUnnamed = -1;
  std::array<std::int16_t, kContentCodings> named_{kUnnamed, kUnnamed, kUnnamed, kUnnamed};
  std::int16_t star_ = kUnnamed;
};

// "0", "0.5", "1.000": in thousandths. Nothing if the text is not a qvalue (RFC 9110 §12.4.2).
std::optional<int> parse_qvalue(std::string_view text);

}  // namespace tusk::http

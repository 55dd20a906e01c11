// AcceptEncoding: for any input, the chosen coding was offered, is acceptable, and occurs in the
// text.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/accept_encoding.h"
#include "http/token.h"

namespace {

namespace http = tusk::http;
using http::ContentCoding;

constexpr std::array<ContentCoding, 3> kAll = {ContentCoding::kBrotli, ContentCoding::kZstd,
                                               ContentCoding::kGzip};

void check(std::string_view text) {
  http::AcceptEncoding accepted;
  accepted.add(text);
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), http::ascii_lower);
  for (std::size_t count = 0; count <= kAll.size(); ++count) {
    const auto offers = std::span(kAll).first(count);
    const ContentCoding chosen = accepted.choose(offers);
    if (chosen == ContentCoding::kIdentity) continue;
    TUSK_CHECK(std::ranges::find(offers, chosen) != offers.end());
    const int quality = accepted.quality(chosen);
    TUSK_CHECK(quality > 0 && quality <= 1000);
    for (const ContentCoding other : offers) TUSK_CHECK(accepted.quality(other) <= quality);
    TUSK_CHECK(lower.find(http::name_of(chosen)) != std::string::npos ||
               lower.find('*') != std::string::npos);
  }
  // Appended text does not change the meaning of what precedes it.
  http::AcceptEncoding longer = accepted;
  longer.add("gzip;q=0.5, br;q=0.5, zstd;q=0.5, *;q=0.5, identity;q=0.5");
  for (const ContentCoding coding : kAll) {
    if (lower.find(http::name_of(coding)) != std::string::npos || lower.contains('*')) continue;
    TUSK_CHECK(accepted.quality(coding) == 0 && longer.quality(coding) == 500);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  http::parse_qvalue(text);
  return 0;
}

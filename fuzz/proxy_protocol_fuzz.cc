// parse_proxy_header: the result is the same however the bytes arrive; a complete header stays
// complete, and its length is within the input.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "http/proxy_protocol.h"

namespace {

using tusk::http::ProxyHeader;

// A copy of exactly that size, so that the sanitizer sees a byte read beyond it.
ProxyHeader parse(std::string_view bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return tusk::http::parse_proxy_header({copy.get(), bytes.size()});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 600));
  const ProxyHeader whole = parse(bytes);
  TUSK_CHECK((whole.status == ProxyHeader::Status::kInvalid) == !whole.reason.empty());
  TUSK_CHECK(whole.status == ProxyHeader::Status::kComplete || !whole.addresses);
  TUSK_CHECK(whole.length <= bytes.size());
  TUSK_CHECK((whole.length > 0) == (whole.status == ProxyHeader::Status::kComplete));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const ProxyHeader part = parse(bytes.substr(0, cut));
    if (part.status == ProxyHeader::Status::kNeedMore) continue;
    TUSK_CHECK(part.status == whole.status);
    TUSK_CHECK(part.length == whole.length && part.addresses == whole.addresses);
  }
  return 0;
}

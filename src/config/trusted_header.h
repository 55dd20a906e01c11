// TrustedHeader: a header in which trusted proxies are believed.
//
// Thread: any; a value.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tusk::config {

// One entry of trusted_headers.
enum class TrustedHeader : std::uint8_t {
  kForwardedFor,
  kForwardedProto,
  kForwardedHost,
  kForwardedPort,
  kForwarded,  // RFC 7239
};

// The name of the header, in any case.
base::Result<TrustedHeader> parse_trusted_header(std::string_view text);

// "X-Forwarded-For".
std::string_view to_string(TrustedHeader header);

}  // namespace tusk::config

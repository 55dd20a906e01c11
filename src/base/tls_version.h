// TlsVersion: the versions of TLS.
//
// Thread: any; values.
#pragma once

#include <cstdint>

namespace tusk::base {

// The versions of TLS that tusk speaks: an option chooses the oldest, and metrics count each.
enum class TlsVersion : std::uint8_t { k12, k13 };

}  // namespace tusk::base

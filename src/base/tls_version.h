// The versions of TLS that tusk speaks: an option chooses the oldest, and metrics count each.
//
// Thread: any; values.
#pragma once

#include <cstdint>

namespace tusk::base {

enum class TlsVersion : std::uint8_t { k12, k13 };

}  // namespace tusk::base

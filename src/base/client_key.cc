#include "base/client_key.h"

#include <sys/random.h>

namespace tusk::base {

std::uint64_t process_secret() {
  static const std::uint64_t kSecret = [] {
    std::uint64_t secret = 0x5bd1e9955bd1e995ULL;
    // This fails only on kernels without the call; the constant must do there.
    [[maybe_unused]] const auto got = ::getrandom(&secret, sizeof secret, 0);
    return secret;
  }();
  return kSecret;
}

}  // namespace tusk::base

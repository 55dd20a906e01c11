#include "http/request_id.h"

#include <algorithm>

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

namespace tusk::http {

namespace {

constexpr std::size_t kLanes = 8;

using Keys = std::array<std::uint64_t, 2 * kLanes>;

Keys random_keys() {
  Keys keys{};
  const ssize_t got = ::getrandom(keys.data(), sizeof keys, 0);
  if (got == static_cast<ssize_t>(sizeof keys)) return keys;
  // Does not happen on a kernel that tusk runs on. Ids of two processes still differ.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::uint64_t seed = std::uint64_t(now.tv_sec) * 1'000'000'000 + std::uint64_t(now.tv_nsec);
  seed ^= std::uint64_t(::getpid()) << 40;
  for (std::uint64_t& key : keys) key ^= seed += 0x9e3779b97f4a7c15;
  return keys;
}

// The finalizer of splitmix64: a bijection, so that two numbers never have the same result.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

Keys& own_keys() {
  static Keys keys = random_keys();
  return keys;
}

constexpr bool is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.:/+=@~").contains(c);
}

}  // namespace

bool RequestId::is_valid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxBytes && std::ranges::all_of(text, is_id_char);
}

RequestId RequestId::given(std::string_view text) {
  RequestId id;
  id.size_ = static_cast<std::uint8_t>(std::min(text.size(), kMaxBytes));
  text.copy(id.bytes_.data(), id.size_);
  return id;
}

RequestId RequestId::made_for(std::uint64_t request_number) {
  RequestId id;
  write_hex(random_bits_of(request_number, 0), id.bytes_.data());
  write_hex(random_bits_of(request_number, 1), id.bytes_.data() + 16);
  id.size_ = 32;
  return id;
}

std::uint64_t random_bits_of(std::uint64_t request_number, unsigned lane) {
  const Keys& keys = own_keys();
  // Two rounds with two keys: the number cannot be computed back from one result.
  return mix(mix(request_number + keys[2 * lane]) ^ keys[2 * lane + 1]);
}

// Those of lanes 0 and 1. The others are for numbers that are nobody else's business.
RequestIdKeys request_id_keys() {
  RequestIdKeys keys{};
  std::copy_n(own_keys().begin(), keys.size(), keys.begin());
  return keys;
}

void take_request_id_keys(const RequestIdKeys& keys) {
  std::ranges::copy(keys, own_keys().begin());
}

void write_hex(std::uint64_t number, char* out) {
  for (int i = 15; i >= 0; --i) {
    out[i] = "0123456789abcdef"[number & 15];
    number >>= 4;
  }
}

}  // namespace tusk::http

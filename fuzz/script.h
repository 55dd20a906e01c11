// An input that is a series of steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tusk::fuzz {

// Splits the input into numbers and bytes. At its end they are zero and empty.
class Script {
 public:
  explicit Script(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : take(size)) value = value << 8U | static_cast<std::uint8_t>(c);
    return value;
  }
  std::string_view take(std::size_t most) {
    const std::string_view taken = rest_.substr(0, most);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace tusk::fuzz

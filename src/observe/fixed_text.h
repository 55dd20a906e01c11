// FixedText: text for signal handlers.
//
// Owner and thread: the function that has it on its stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tusk::observe {

// Builds text of limited length without allocating, for signal handlers. Text that does not fit is
// dropped.
class FixedText {
 public:
  static constexpr std::size_t kCapacity = 8 * 1024;

  void push_back(char c) noexcept {
    if (size_ < kCapacity) bytes_[size_++] = c;
  }
  void append(std::string_view text) noexcept {
    const std::size_t length = text.size() < kCapacity - size_ ? text.size() : kCapacity - size_;
    std::memcpy(bytes_ + size_, text.data(), length);
    size_ += length;
  }
  void append(std::string_view text, std::size_t at, std::size_t length) noexcept {
    append(std::string_view(text.data() + at, length));
  }
  void append_number(std::uint64_t value, unsigned base = 10, int width = 1) noexcept {
    char digits[64];
    int count = 0;
    for (; value != 0 || count < width; value /= base) digits[count++] = kDigits[value % base];
    while (count > 0) push_back(digits[--count]);
  }
  std::size_t room() const noexcept { return kCapacity - size_; }
  std::string_view view() const noexcept { return {bytes_, size_}; }

 private:
  static constexpr char kDigits[] = "0123456789abcdef";

  char bytes_[kCapacity];
  std::size_t size_ = 0;
};

}  // namespace tusk::observe

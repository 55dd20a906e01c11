// PageSource: what a page has to be after a rewind.
//
// Owner: RestoredPages. Thread: the only one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "php/rewind/range.h"

namespace tusk::php::rewind {

// The address of the page's copy, or null for zeros, with facts in the bits that are free in it.
class PageSource {
 public:
  PageSource() = default;  // zeros

  const std::byte* copy() const noexcept {
    return reinterpret_cast<const std::byte*>(page_below(bits_));
  }
  void set_copy(const std::byte* copy) noexcept {
    bits_ = (bits_ & (kPageBytes - 1)) | reinterpret_cast<std::uintptr_t>(copy);
  }
  bool is_zero() const noexcept { return page_below(bits_) == 0; }

  // It was in anonymous memory at the mark. If it is not any more, its contents have been
  // discarded.
  bool was_anonymous() const noexcept { return has(kAnonymous); }
  void set_anonymous() noexcept { bits_ |= kAnonymous; }
  // It cannot be read, so nothing can be written to it either: beyond a file's end, or a guard.
  bool is_unreadable() const noexcept { return has(kUnreadable); }
  void set_unreadable() noexcept { bits_ |= kUnreadable; }
  // It is not to be given back to the kernel: that was done once, or a part of it is kept.
  bool stays() const noexcept { return has(kStays); }
  void set_stays() noexcept { bits_ |= kStays; }
  // The mark has yet to copy it.
  bool is_to_be_copied() const noexcept { return has(kToBeCopied); }
  void set_to_be_copied(bool value) noexcept {
    bits_ = value ? bits_ | kToBeCopied : bits_ & ~kToBeCopied;
  }

 private:
  static constexpr std::uintptr_t kAnonymous = 1;
  static constexpr std::uintptr_t kUnreadable = 2;
  static constexpr std::uintptr_t kStays = 4;
  static constexpr std::uintptr_t kToBeCopied = 8;

  bool has(std::uintptr_t flag) const noexcept { return (bits_ & flag) != 0; }

  std::uintptr_t bits_ = 0;
};

}  // namespace tusk::php::rewind

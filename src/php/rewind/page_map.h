// PageMap: what the kernel says of pages (/proc/self/pagemap).
//
// Owner: whoever looks at pages. Thread: any; async-signal-safe.
#pragma once

#include <cstdint>
#include <span>

#include "php/rewind/range.h"

namespace tusk::php::rewind {

// One page, as Documentation/admin-guide/mm/pagemap.rst describes it.
class PageState {
 public:
  PageState() = default;

  bool is_present() const noexcept { return has(63); }
  bool is_swapped() const noexcept { return has(62); }
  // It has no file's contents: it was written once, or is the zero page.
  bool is_anonymous() const noexcept { return is_swapped() || (is_present() && !has(61)); }
  // This process may be able to write it without a fault, because no other one has it. A page that
  // is shared with the process that it was forked from cannot be written so: the write faults, and
  // leaves this process a page of its own. The zero page is nobody's own. Nothing is known
  // about swapped pages, and they are rare.
  bool is_own() const noexcept {
    // The usual answer is no, and is given by the one comparison.
    return (bits_ & (bit(62) | bit(56))) != 0 && is_anonymous() && !is_guard();
  }
  // Every access to it is a fault (MADV_GUARD_INSTALL).
  bool is_guard() const noexcept { return has(58); }

 private:
  static constexpr std::uint64_t bit(unsigned number) noexcept {
    return std::uint64_t{1} << number;
  }
  bool has(unsigned number) const noexcept { return (bits_ & bit(number)) != 0; }

  std::uint64_t bits_ = 0;
};
static_assert(sizeof(PageState) == 8);

class PageMap {
 public:
  // The descriptor is one of /proc/self/pagemap, opened by this process and no parent of it.
  explicit PageMap(int fd) noexcept : fd_(fd) {}

  // The states of pages from `address` on, one for each element.
  bool read(std::uintptr_t address, std::span<PageState> states) const noexcept;

  // Calls visit(address of the first, states) for parts of the range, in their order.
  template <class Visitor>
  bool for_each_part(Range range, std::span<PageState> buffer, Visitor visit) const {
    while (!range.empty()) {
      const std::span<PageState> part =
          range.pages() < buffer.size() ? buffer.first(range.pages()) : buffer;
      if (!read(range.begin, part)) return false;
      visit(range.begin, std::span<const PageState>(part));
      range.begin += part.size() * kPageBytes;
    }
    return true;
  }

 private:
  int fd_;
};

}  // namespace tusk::php::rewind

// Lists of ranges: in order, and without overlaps.
//
// Thread: any; the functions allocate nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "php/rewind/range.h"

namespace tusk::php::rewind {

// Sorts the ranges and joins those that overlap or touch. Returns how many are left, at the front.
inline std::size_t normalize(std::span<Range> ranges) noexcept {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& one, const Range& other) { return one.begin < other.begin; });
  std::size_t count = 0;
  for (const Range& range : ranges) {
    if (range.empty()) continue;
    if (count != 0 && ranges[count - 1].end >= range.begin) {
      ranges[count - 1].end = std::max(ranges[count - 1].end, range.end);
    } else {
      ranges[count++] = range;
    }
  }
  return count;
}

// The first of the normalized ranges that ends after the address.
template <class Ranges>
auto first_ending_after(const Ranges& ranges, std::uintptr_t address) noexcept {
  return std::partition_point(ranges.begin(), ranges.end(),
                              [address](const Range& range) { return range.end <= address; });
}

// Calls visit(Range) for what of `whole` is in none of the normalized ranges.
template <class Visitor>
void for_each_outside(Range whole, std::span<const Range> ranges, Visitor visit) {
  for (auto range = first_ending_after(ranges, whole.begin);
       range != ranges.end() && range->begin < whole.end; ++range) {
    if (range->begin > whole.begin) visit(Range{whole.begin, range->begin});
    whole.begin = std::max(whole.begin, range->end);
  }
  if (!whole.empty()) visit(whole);
}

// Calls visit(Range) for what of `whole` is in one of them.
template <class Visitor>
void for_each_inside(Range whole, std::span<const Range> ranges, Visitor visit) {
  for (auto range = first_ending_after(ranges, whole.begin);
       range != ranges.end() && range->begin < whole.end; ++range) {
    visit(Range{std::max(range->begin, whole.begin), std::min(range->end, whole.end)});
  }
}

// The same for whole pages only: what is in the ranges in part counts as outside.
template <class Visitor>
void for_each_page_run_outside(Range whole, std::span<const Range> ranges, Visitor visit) {
  std::uintptr_t from = whole.begin;
  for_each_inside(whole, ranges, [&](Range inside) {
    const Range pages{page_above(inside.begin), page_below(inside.end)};
    if (pages.empty()) return;
    if (pages.begin > from) visit(Range{from, pages.begin});
    from = pages.end;
  });
  if (from < whole.end) visit(Range{from, whole.end});
}

}  // namespace tusk::php::rewind

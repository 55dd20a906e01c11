#include "php/rewind/restored_pages.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <sys/mman.h>

#include "php/rewind/kept_memory.h"
#include "php/rewind/range_list.h"
#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

namespace {

// 64 KB of the kernel's answers, for 32 MB of memory.
constexpr std::size_t kStatesAtOnce = 8192;

std::byte* at(std::uintptr_t address) noexcept { return reinterpret_cast<std::byte*>(address); }

bool is_all_zero(const std::byte* page) noexcept {
  const auto* const words = reinterpret_cast<const std::uint64_t*>(page);
  constexpr std::size_t kWords = kPageBytes / sizeof(std::uint64_t);
  for (std::size_t word = 0; word < kWords; word += 8) {
    std::uint64_t any = 0;
    for (std::size_t of = 0; of < 8; ++of) any |= words[word + of];
    if (any != 0) return false;
  }
  return true;
}

bool is_same(const std::byte* page, const std::byte* copy) noexcept {
  return copy == nullptr ? is_all_zero(page) : std::memcmp(page, copy, kPageBytes) == 0;
}

}  // namespace

bool RestoredPages::add(Range pages, bool file) noexcept {
  if (area_count_ == areas_.size()) return false;
  areas_[area_count_++] = {.range = pages, .file = file, .first_page = page_count_};
  page_count_ += pages.pages();
  return true;
}

bool RestoredPages::allocate_tables() noexcept {
  const std::size_t words = page_count_ / 64 + 1;
  // A page with holes needs several copies.
  const std::size_t copies = page_count_ + 2 * holes_.size();
  auto memory =
      KeptMemory::create(page_count_ * sizeof(PageSource) + words * sizeof(hot_[0]) +
                         copies * sizeof(Copy) + kStatesAtOnce * sizeof(PageState) + kPageBytes);
  if (!memory) return false;
  sources_ = memory->make_array<PageSource>(page_count_);
  hot_ = memory->make_array<std::uint64_t>(words);
  states_ = memory->make_array<PageState>(kStatesAtOnce);
  copies_ = memory->make_array<Copy>(copies);
  return true;
}

const char* RestoredPages::take(const Template& from, std::span<const Range> holes,
                                int scratch) noexcept {
  holes_ = holes;
  if (!allocate_tables()) return "there is no memory for the table of pages";
  auto run = from.runs().begin();
  const auto template_copy = [&](std::uintptr_t address) -> const std::byte* {
    while (run != from.runs().end() && run->memory.end <= address) ++run;
    if (run == from.runs().end() || run->memory.begin > address) return nullptr;
    return run->copy + (address - run->memory.begin);
  };
  for (const Area& area : areas()) {
    const bool read = page_map_.for_each_part(
        area.range, states_, [&](std::uintptr_t address, std::span<const PageState> states) {
          for (const PageState state : states) {
            classify(area, address, state, template_copy(address));
            address += kPageBytes;
          }
        });
    if (!read) return "/proc/self/pagemap cannot be read";
    for_each_inside(area.range, holes_, [&](Range hole) {
      sources_[number(area, page_below(hole.begin))].set_stays();
      sources_[number(area, page_below(hole.end - 1))].set_stays();
    });
  }
  return copy_differing(scratch);
}

// The host may have written pages that it shares with this worker since it took the copy, and
// nothing tells, so all are compared.
void RestoredPages::classify(const Area& area, std::uintptr_t address, PageState state,
                             const std::byte* template_copy) noexcept {
  PageSource& source = sources_[number(area, address)];
  if (state.is_guard()) return source.set_unreadable();
  if (state.is_own()) make_hot(number(area, address));
  if (state.is_anonymous()) {
    source.set_anonymous();
  } else if (!area.file) {
    return;  // never written: zero
  }
  if (template_copy != nullptr && is_same(at(address), template_copy)) {
    source.set_copy(template_copy);
  } else if (!state.is_anonymous() || !is_all_zero(at(address))) {
    source.set_to_be_copied(true);
    ++own_copies_;
  }
}

const char* RestoredPages::copy_differing(int scratch) noexcept {
  auto memory = KeptMemory::create(own_copies_ * kPageBytes);
  if (!memory && own_copies_ != 0) return "there is no memory for copies of pages";
  if (own_copies_ == 0) return nullptr;
  std::byte* next = at(memory->range().begin);
  for (const Area& area : areas()) {
    for (std::uintptr_t page = area.range.begin; page != area.range.end; page += kPageBytes) {
      PageSource& source = sources_[number(area, page)];
      if (!source.is_to_be_copied()) continue;
      source.set_to_be_copied(false);
      if (!copy_page(area, page, next, scratch)) {
        source.set_unreadable();
        continue;
      }
      source.set_copy(next);
      next += kPageBytes;
    }
  }
  return nullptr;
}

// A page of a file may be beyond the file's end. Copied by the kernel, that is no signal but an
// error.
bool RestoredPages::copy_page(const Area& area, std::uintptr_t address, std::byte* to,
                              int scratch) noexcept {
  if (!area.file) {
    std::memcpy(to, at(address), kPageBytes);
    return true;
  }
  constexpr long kWhole = static_cast<long>(kPageBytes);
  return raw_call(SYS_pwrite64, scratch, at(address), kPageBytes, 0) == kWhole &&
         raw_call(SYS_pread64, scratch, to, kPageBytes, 0) == kWhole;
}

bool RestoredPages::is_written(const Area& area, std::uintptr_t address, PageState state,
                               Way way) const noexcept {
  const PageSource source = sources_[number(area, address)];
  if (source.is_unreadable() || state.is_guard()) return false;
  if (state.is_own()) return true;
  if (!state.is_anonymous()) return source.was_anonymous() && !source.is_zero();
  return way == Way::kContents && !is_same(at(address), source.copy());
}

void RestoredPages::look_at(const Area& area, std::uintptr_t address,
                            std::span<const PageState> states, Way way) noexcept {
  Range to_give_back;
  for (const PageState state : states) {
    const std::uintptr_t page = address;
    address += kPageBytes;
    if (!is_written(area, page, state, way)) continue;
    PageSource& source = sources_[number(area, page)];
    if (is_hot(number(area, page))) continue;
    if (!source.is_zero() || area.file || source.stays()) {
      make_hot(number(area, page));
      continue;
    }
    source.set_stays();
    if (to_give_back.end != page) {
      give_back(area, to_give_back);
      to_give_back.begin = page;
    }
    to_give_back.end = address;
  }
  give_back(area, to_give_back);
}

void RestoredPages::give_back(const Area& area, Range run) noexcept {
  if (run.empty()) return;
  if (raw_call(SYS_madvise, run.begin, run.bytes(), MADV_DONTNEED) == 0) return;
  // It is locked (mlock).
  for (; !run.empty(); run.begin += kPageBytes) make_hot(number(area, run.begin));
}

bool RestoredPages::look(Way way) noexcept {
  for (const Area& area : areas()) {
    const bool read = page_map_.for_each_part(
        area.range, states_, [&](std::uintptr_t address, std::span<const PageState> states) {
          look_at(area, address, states, way);
        });
    if (!read) return false;
  }
  return true;
}

void RestoredPages::discard(Range range) noexcept {
  for (const Area& area : areas()) {
    if (!area.range.overlaps(range)) continue;
    const std::uintptr_t end = std::min(range.end, area.range.end);
    for (std::uintptr_t page = page_below(std::max(range.begin, area.range.begin)); page < end;
         page += kPageBytes) {
      const PageSource source = sources_[number(area, page)];
      if (source.is_unreadable() || (source.is_zero() && !area.file)) continue;
      make_hot(number(area, page));
    }
  }
}

void RestoredPages::make_hot(std::size_t page) noexcept {
  if (is_hot(page)) return;
  hot_[page / 64] |= std::uint64_t{1} << (page % 64);
  ++hot_count_;
  copies_are_current_ = false;
}

// Adjacent pages whose copies are adjacent become one copy.
void RestoredPages::add_copy(Range to, const std::byte* from) noexcept {
  if (copy_count_ != 0) {
    Copy& last = copies_[copy_count_ - 1];
    const bool follows = from == nullptr ? last.from == nullptr
                                         : last.from != nullptr && last.from + last.bytes == from;
    if (follows && last.to + last.bytes == at(to.begin)) {
      last.bytes += to.bytes();
      return;
    }
  }
  copies_[copy_count_++] = {.to = at(to.begin), .from = from, .bytes = to.bytes()};
}

void RestoredPages::prepare_copies() noexcept {
  copy_count_ = 0;
  auto area = areas().begin();
  for (std::size_t word = 0; word < hot_.size(); ++word) {
    for (std::uint64_t bits = hot_[word]; bits != 0; bits &= bits - 1) {
      const std::size_t page = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      while (page >= area->first_page + area->range.pages()) ++area;
      const std::uintptr_t address = area->range.begin + (page - area->first_page) * kPageBytes;
      const std::byte* const copy = sources_[page].copy();
      for_each_outside({address, address + kPageBytes}, holes_, [&](Range part) {
        add_copy(part, copy == nullptr ? nullptr : copy + (part.begin - address));
      });
    }
  }
  copies_are_current_ = true;
}

void RestoredPages::restore() noexcept {
  if (!copies_are_current_) prepare_copies();
  for (const Copy& copy : copies_.first(copy_count_)) {
    if (copy.from == nullptr) {
      std::memset(copy.to, 0, copy.bytes);
    } else {
      std::memcpy(copy.to, copy.from, copy.bytes);
    }
  }
}

}  // namespace tusk::php::rewind

// RestoredPages: the pages that a rewind puts back, where their contents are, and which of them are
// hot.
//
// Owner: the Snapshot, in kept memory. Thread: the only one. After the mark it allocates nothing
// and writes nothing but kept memory and the pages that it restores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "php/rewind/page_map.h"
#include "php/rewind/page_source.h"
#include "php/rewind/range.h"
#include "php/rewind/template.h"

namespace tusk::php::rewind {

// Each page that is to be restored has a source: its copy in the template, a copy of this worker's
// own where that differs, or none if the page is zero.
//
// A page is cold until it is found to be written, then it is hot: restored at each rewind without
// asking, because it can be written again without a fault. There is no way back, except for a page
// that was zero at the mark and had never been written: the first time it is given back to the
// kernel, which makes it cold again, so that one large request does not make all later ones slow.
// The second time it is hot.
//
// A page can be taken for written that was not: if all the other processes that shared it have
// ended or have written it. That costs a copy at each rewind, and harms nothing.
class RestoredPages {
 public:
  // Pages of one mapping.
  struct Area {
    Range range;
    bool file = false;           // of a file, so that a page that was never written is the file's
    std::size_t first_page = 0;  // its number among all pages
  };

  explicit RestoredPages(PageMap page_map) noexcept : page_map_(page_map) {}

  // --- at the mark, in this order ---

  void make_room(std::span<Area> room) noexcept { areas_ = room; }
  // False: there is no room for more.
  bool add(Range pages, bool file) noexcept;
  // Compares all pages with the template, and copies what differs. Pages that are in `holes` in
  // part are restored but for these; they are normalized, and stay where they are. `scratch` is a
  // file to which a page is copied that may not be readable. Null, or the reason why it is
  // impossible.
  const char* take(const Template& from, std::span<const Range> holes, int scratch) noexcept;

  // --- at a rewind ---

  enum class Way : std::uint8_t {
    kStates,    // asks the kernel which pages are this process's own
    kContents,  // compares the contents as well
  };
  // Makes those hot that have been written or discarded. False: the page map cannot be read.
  bool look(Way way) noexcept;
  // What is in the range has been discarded: without a look, it becomes hot.
  void discard(Range range) noexcept;
  // Copies the hot pages back.
  void restore() noexcept;

  std::size_t marked() const noexcept { return page_count_; }
  std::size_t hot() const noexcept { return hot_count_; }
  // Copies of this worker's own.
  std::size_t copied() const noexcept { return own_copies_; }
  std::span<const Area> areas() const noexcept { return areas_.first(area_count_); }

 private:
  struct Copy {
    std::byte* to;
    const std::byte* from;  // null: zeros
    std::size_t bytes;
  };

  bool allocate_tables() noexcept;
  void classify(const Area& area, std::uintptr_t address, PageState state,
                const std::byte* template_copy) noexcept;
  const char* copy_differing(int scratch) noexcept;
  bool copy_page(const Area& area, std::uintptr_t address, std::byte* to, int scratch) noexcept;
  bool is_written(const Area& area, std::uintptr_t address, PageState state,
                  Way way) const noexcept;
  void look_at(const Area& area, std::uintptr_t address, std::span<const PageState> states,
               Way way) noexcept;
  void give_back(const Area& area, Range run) noexcept;
  void prepare_copies() noexcept;
  void add_copy(Range to, const std::byte* from) noexcept;

  static std::size_t number(const Area& area, std::uintptr_t address) noexcept {
    return area.first_page + (address - area.range.begin) / kPageBytes;
  }
  bool is_hot(std::size_t page) const noexcept {
    return (hot_[page / 64] >> (page % 64) & 1U) != 0;
  }
  void make_hot(std::size_t page) noexcept;

  PageMap page_map_;
  std::span<Area> areas_;
  std::size_t area_count_ = 0;
  std::span<const Range> holes_;
  std::span<PageSource> sources_;
  std::size_t page_count_ = 0;
  std::size_t own_copies_ = 0;
  std::span<std::uint64_t> hot_;
  std::size_t hot_count_ = 0;
  std::span<Copy> copies_;
  std::size_t copy_count_ = 0;
  bool copies_are_current_ = false;
  std::span<PageState> states_;  // room for what is read at once
};

}  // namespace tusk::php::rewind

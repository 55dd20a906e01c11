// Template: the copy of the booted process's memory from which all its workers are rewound.
//
// Owner: the host process, from before its first fork; the workers inherit it. Thread: the only
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "php/rewind/range.h"

namespace tusk::php::rewind {

// The copy is in one sealed file in memory (memfd), mapped read-only and shared: it exists once,
// however many workers there are, and no stray write of a script can change it.
//
// It holds what is in private writable memory: the heap, anonymous mappings, data of the program
// and its libraries, the stack. Pages that have never been written have no copy: they are zero, or
// what is in their file. The copy is a matter of economy and not of truth: Snapshot::mark()
// compares it with the worker's memory, and copies what has changed since. So the host may do as it
// likes between take() and a fork; it should only not write much.
class Template {
 public:
  // Pages that are in `left` altogether are not copied: what ZendMM has free, and what no worker
  // will restore. Ranges may overlap, and need no order.
  //
  // An error says why memory of this process cannot be rewound: pages of another size, a
  // /proc/self/pagemap that cannot be read, private memory of huge pages (MAP_HUGETLB).
  static base::Result<Template> take(std::span<const Range> left);

  Template(Template&& other) noexcept;
  Template& operator=(Template&&) = delete;
  ~Template();

  // Pages of memory whose copies are adjacent, too.
  struct Run {
    Range memory;
    const std::byte* copy;
  };
  // In the order of their addresses, without overlaps.
  std::span<const Run> runs() const noexcept { return runs_; }

  // A page that the host has written and no worker writes before its mark, where Snapshot tries out
  // whether this kernel tells shared pages from written ones.
  std::byte* probe_page() const noexcept { return probe_; }

 private:
  Template() = default;

  std::vector<Run> runs_;
  Range copy_;
  std::byte* probe_ = nullptr;
};

}  // namespace tusk::php::rewind

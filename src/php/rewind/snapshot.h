// Snapshot: a worker's memory as it was at the mark, and the way back to it.
//
// Owner: the worker process; one for its life. Thread: its only one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "php/rewind/address_space.h"
#include "php/rewind/kept_memory.h"
#include "php/rewind/range.h"
#include "php/rewind/template.h"

namespace tusk::php::rewind {

enum class Mark : std::uint8_t {
  kMarked,   // the first return
  kRewound,  // each further one: rewind() was called
  kRefused,  // this process cannot be rewound; refusal() says why. Nothing has changed
};

// Why a rewound worker should serve no further request. Its memory is in order, so it can end in an
// orderly way; but going on would cost too much, or something that is not memory is left.
enum class Replacement : std::uint8_t {
  kNone,
  kHotPages,    // more pages than Options::hot_page_limit are restored each time
  kThread,      // the request has started a thread, which still runs
  kDescriptor,  // the request has closed a descriptor of the mark
  kMapping,     // the request has mapped over memory of the mark, or more often than can be noted
};

// A name for logs: "hot_pages".
const char* to_string(Replacement reason) noexcept;

// The life of a worker:
//
//   KeptMemory kept = …;
//   Snapshot* snapshot = *Snapshot::create(host_template, options);
//   … open sockets, map the region …
//   switch (snapshot->mark(left)) {   // `left` has kept.range(), and what ZendMM has free
//     case Mark::kRefused: … serve without rewinding, or end …
//     case Mark::kMarked: break;
//     case Mark::kRewound: if (snapshot->replacement() != Replacement::kNone) … end …
//   }
//   … wait for a request and serve it: everything that is written from here on is undone …
//   snapshot->rewind();
//
// To the code after mark() a rewound process is the one that has just been marked: registers, stack,
// heap, data, thread-local storage and signal mask are the same. Different are: shared mappings, the
// ranges in `left`, what the kernel keeps (positions in files, signal handlers, timers, the working
// directory, limits), and what the stack held below mark()'s frame.
//
// A page that the worker writes for the first time faults, and is then its own and no longer shared
// with the host it was forked from; /proc/self/pagemap tells both. So a rewind asks for the number of
// faults first, and looks for written pages only if there were any. A page that was written once is
// hot: it can be written again without a fault, and is restored at each rewind from then on.
class Snapshot {
 public:
  struct Options {
    std::size_t hot_page_limit = 4096;
    AddressSpace::Options mappings;
    // The status with which the process ends if it cannot be rewound, because memory of the mark has
    // been unmapped behind its back.
    int lost_memory_exit_code = 1;
  };

  struct Counters {
    std::uint64_t rewinds = 0;
    std::uint64_t looks = 0;        // rewinds that looked for written pages
    std::uint64_t comparisons = 0;  // rewinds after a fork: all pages were compared
    std::uint64_t sweeps = 0;       // rewinds that looked for mappings of libc's own
    std::uint64_t hot_pages = 0;    // now
    std::uint64_t copied_pages = 0; // of this worker alone, because the template has others
    std::uint64_t marked_pages = 0; // that would be restored if they were written
  };

  // Opens what the rewind needs, before the mark. `options.mappings` takes effect at the mark. The
  // snapshot is in memory of its own that is never freed.
  static base::Result<Snapshot*> create(const Template& from, const Options& options);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Memory in `left` is not restored: its contents are kept, or nobody reads them. Pages that are in
  // it only in part are restored but for this part. Ranges may overlap, and need no order.
  //
  // Only once in a process's life. The frame that calls it must not have returned when rewind() is
  // called, and of course the calls since then may be of any depth.
  Mark mark(std::span<const Range> left) noexcept;

  // From any depth, also from a signal's handler and from an alternate stack. No destructors run. In
  // a child that the worker's scripts have forked it ends the process.
  [[noreturn]] void rewind() noexcept;

  const char* refusal() const noexcept;
  // Of the request that the last rewind has undone, and those before.
  Replacement replacement() const noexcept;
  const Counters& counters() const noexcept;

  // --- what functions of libc tell, from the mark on ---

  // After fork() in the parent: a page that was written is shared with the child and no longer seen
  // as written, so the next rewind compares all pages once. Then all is as before.
  void forked() noexcept;
  // Before close(), or before another descriptor takes the number.
  void closing_descriptor(int fd) noexcept;
};

}  // namespace tusk::php::rewind

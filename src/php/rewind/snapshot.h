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
#include "php/rewind/marked_descriptors.h"
#include "php/rewind/range.h"
#include "php/rewind/restored_pages.h"
#include "php/rewind/stack_switch.h"
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
  kHotPages,        // more pages than Options::hot_page_limit are restored each time
  kThread,          // the request has started a thread, which still runs
  kDescriptor,      // the request has closed a descriptor of the mark
  kConstantMemory,  // the request has made memory writable that was not and is not restored
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
// To the code after mark() a rewound process is the one that has just been marked: registers,
// stack, heap, data, thread-local storage and signal mask are the same. Different are: shared
// mappings, the ranges in `left`, what the kernel keeps (positions in files, signal handlers,
// timers, the working directory, limits), and what the stack held below mark()'s frame.
//
// A page that the worker writes for the first time faults, and is then its own and no longer shared
// with the host it was forked from; /proc/self/pagemap tells both. So a rewind asks for the number
// of faults first, and looks for written pages only if there were any. A page that was written once
// is hot: it can be written again without a fault, and is restored at each rewind from then on.
class Snapshot {
 public:
  struct Options {
    std::size_t hot_page_limit = 4096;
    AddressSpace::Options mappings;
    // The status with which the process ends if it cannot be rewound, because memory of the mark
    // has been unmapped behind its back.
    int lost_memory_exit_code = 1;
  };

  struct Counters {
    std::uint64_t rewinds = 0;
    std::uint64_t looks = 0;         // rewinds that looked for written pages
    std::uint64_t comparisons = 0;   // rewinds after a fork: all pages were compared
    std::uint64_t sweeps = 0;        // rewinds that looked for mappings of libc's own
    std::uint64_t hot_pages = 0;     // now
    std::uint64_t copied_pages = 0;  // of this worker alone, because the template has others
    std::uint64_t marked_pages = 0;  // that would be restored if they were written
  };

  // Opens what the rewind needs, before the mark. `options.mappings` takes effect at the mark. The
  // snapshot is in memory of its own that is never freed.
  static base::Result<Snapshot*> create(const Template& from, const Options& options);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Memory in `left` is not restored: its contents are kept, or nobody reads them. Pages that are
  // in it only in part are restored but for this part. Ranges may overlap, and need no order.
  //
  // Only once in a process's life. Unlike a longjmp() the rewind brings the stack back as well: the
  // functions that called mark() may have returned by then.
  Mark mark(std::span<const Range> left) noexcept;

  // From any depth, also from a signal's handler and from an alternate stack. No destructors run.
  // In a child that the worker's scripts have forked it ends the process.
  [[noreturn]] void rewind() noexcept;

  const char* refusal() const noexcept { return refusal_; }
  // Both tell of the request that the last rewind has undone, and of those before.
  Replacement replacement() const noexcept { return replacement_; }
  const Counters& counters() const noexcept { return counters_; }

  // --- what functions of libc tell, from the mark on ---

  // After fork() in the parent: a page that was written is shared with the child and no longer seen
  // as written, so the next rewind compares all pages once. Then all is as before.
  void forked() noexcept { has_forked_ = true; }
  // After a child has run in this process's memory (vfork(), posix_spawn()): its faults were
  // counted for the child, so the next rewind looks.
  void spawned() noexcept { has_spawned_ = true; }
  // Before close(), or before another descriptor takes the number.
  void closing_descriptor(int fd) noexcept { descriptors_.closing(fd); }

  // The one of this process, from mark() on. Null: nothing is rewound here.
  static Snapshot* current() noexcept { return current_; }

 private:
  // Descriptors of files in /proc that tell of this process.
  struct Files {
    int pagemap = -1;
    int maps = -1;
    int smaps = -1;
    int statm = -1;
    int tasks = -1;    // a directory with one entry for each thread
    int scratch = -1;  // of memory
  };

  Snapshot(const Template& from, const Options& options, const Files& files,
           KeptMemory memory) noexcept;

  static void work() noexcept;
  const char* take() noexcept;
  const char* try_probe_page() const noexcept;
  const char* find_pages() noexcept;
  void restore() noexcept;
  void undo_mappings() noexcept;
  [[noreturn]] void end() const noexcept;
  void look() noexcept;
  void note_replacement() noexcept;
  bool has_other_threads() const noexcept;
  bool is_shared_with_child() noexcept;

  static constinit Snapshot* current_;

  const Template& template_;
  const Options options_;
  const Files files_;
  KeptMemory memory_;
  StackSwitch stack_;
  std::span<char> text_;              // room for what is read from /proc
  std::byte* canary_ = nullptr;       // a page that is shared only with children
  int* is_marked_process_ = nullptr;  // not zero, but in children it is
  std::span<const Range> to_leave_;   // the argument of mark()
  std::span<Range> left_;             // the same and more, normalized
  RestoredPages pages_;
  AddressSpace mappings_;
  MarkedDescriptors descriptors_;
  std::uint64_t faults_ = 0;  // up to the last rewind
  bool is_marked_ = false;
  bool has_forked_ = false;
  bool has_spawned_ = false;
  Replacement replacement_ = Replacement::kNone;
  const char* refusal_ = nullptr;
  Counters counters_;
};

}  // namespace tusk::php::rewind

#include "php/rewind/snapshot.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process/sanitizer_build.h"
#include "base/unique_fd.h"
#include "php/rewind/memory_map.h"
#include "php/rewind/page_map.h"
#include "php/rewind/range_list.h"
#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

namespace {

constexpr std::size_t kTextBytes = std::size_t{16} << 10;
constexpr std::size_t kStackBytes = std::size_t{64} << 10;

// A first write to a page that this process shares with another one is among them. Another thread's
// are not, but who starts a thread writes its new stack.
std::uint64_t fault_count() noexcept {
  rusage usage{};
  raw_call(SYS_getrusage, RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt) + static_cast<std::uint64_t>(usage.ru_majflt);
}

// The kernel writes there on which processor the thread runs, whenever it moves. That is not the
// request's, and would be wrong after a rewind.
Range restartable_sequence() noexcept {
  if (__rseq_size == 0) return {};
  const auto* const thread = static_cast<const char*>(__builtin_thread_pointer());
  return Range::of(thread + __rseq_offset, std::max<std::size_t>(__rseq_size, sizeof(struct rseq)));
}

}  // namespace

constinit Snapshot* Snapshot::current_ = nullptr;

const char* to_string(Replacement reason) noexcept {
  switch (reason) {
    case Replacement::kNone:
      return "none";
    case Replacement::kHotPages:
      return "hot_pages";
    case Replacement::kThread:
      return "thread";
    case Replacement::kDescriptor:
      return "descriptor";
    case Replacement::kConstantMemory:
      return "constant_memory";
  }
  return "";
}

base::Result<Snapshot*> Snapshot::create(const Template& from, const Options& options) {
  if (TUSK_SANITIZER_BUILD != 0) return base::fail("a sanitizer has the memory of this program");
  base::UniqueFd pagemap(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  base::UniqueFd maps(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  base::UniqueFd smaps(::open("/proc/self/smaps", O_RDONLY | O_CLOEXEC));
  base::UniqueFd statm(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  base::UniqueFd tasks(::open("/proc/self/task", O_PATH | O_DIRECTORY | O_CLOEXEC));
  base::UniqueFd scratch(::memfd_create("tusk-page", MFD_CLOEXEC));
  if (!pagemap || !maps || !smaps || !statm || !tasks || !scratch) {
    return base::fail_errno("cannot open what /proc/self tells of memory", errno);
  }
  auto memory = KeptMemory::create(sizeof(Snapshot) + kTextBytes + kStackBytes + 5 * kPageBytes);
  if (!memory) return std::unexpected(memory.error());
  void* const place = memory->allocate(sizeof(Snapshot), alignof(Snapshot));
  return ::new (place) Snapshot(from, options,
                                {.pagemap = pagemap.release(),
                                 .maps = maps.release(),
                                 .smaps = smaps.release(),
                                 .statm = statm.release(),
                                 .tasks = tasks.release(),
                                 .scratch = scratch.release()},
                                std::move(*memory));
}

Snapshot::Snapshot(const Template& from, const Options& options, const Files& files,
                   KeptMemory memory) noexcept
    : template_(from),
      options_(options),
      files_(files),
      memory_(std::move(memory)),
      text_(memory_.make_array<char>(kTextBytes)),
      canary_(static_cast<std::byte*>(memory_.allocate(kPageBytes, kPageBytes))),
      is_marked_process_(static_cast<int*>(memory_.allocate(kPageBytes, kPageBytes))),
      pages_(PageMap(files.pagemap)),
      mappings_(options.mappings) {
  stack_.prepare(memory_.make_array<std::byte>(kStackBytes), &Snapshot::work);
  *canary_ = std::byte{1};
}

Mark Snapshot::mark(std::span<const Range> left) noexcept {
  if (current_ != nullptr || is_marked_) {
    refusal_ = "there is a mark already";
    return Mark::kRefused;
  }
  to_leave_ = left;
  current_ = this;
  AddressSpace::make_current(&mappings_);
  stack_.save_and_enter();
  // From here on it may be the first time or any other.
  if (refusal_ != nullptr) {
    current_ = nullptr;
    AddressSpace::make_current(nullptr);
    return Mark::kRefused;
  }
  return counters_.rewinds == 0 ? Mark::kMarked : Mark::kRewound;
}

void Snapshot::rewind() noexcept { stack_.enter(); }

// Runs on the snapshot's own stack, with all signals blocked.
void Snapshot::work() noexcept {
  Snapshot& snapshot = *current_;
  if (snapshot.is_marked_) {
    snapshot.restore();
  } else {
    snapshot.refusal_ = snapshot.take();
    snapshot.is_marked_ = snapshot.refusal_ == nullptr;
  }
  snapshot.stack_.back();
}

// --- the mark ---

const char* Snapshot::take() noexcept {
  if (has_other_threads()) return "there are several threads";
  // A forked child sees a zero.
  if (raw_call(SYS_madvise, is_marked_process_, kPageBytes, MADV_WIPEONFORK) != 0) {
    return "the kernel has no memory that is empty in a forked process";
  }
  *is_marked_process_ = 1;
  if (const char* const problem = try_probe_page()) return problem;
  if (const char* const problem = descriptors_.take(text_)) return problem;
  if (const char* const problem = find_pages()) return problem;
  if (const char* const problem = pages_.take(template_, left_, files_.scratch)) return problem;
  counters_.marked_pages = pages_.marked();
  counters_.copied_pages = pages_.copied();
  counters_.hot_pages = pages_.hot();
  // The last thing that makes mappings, and looks at them.
  if (const char* const problem = mappings_.take(files_.maps, files_.statm, text_)) return problem;
  faults_ = fault_count();
  return nullptr;
}

// What all of this relies on, tried with a page of the template's that nobody has written since.
const char* Snapshot::try_probe_page() const noexcept {
  std::byte* const probe = template_.probe_page();
  const auto state = [&] {
    PageState read;
    PageMap(files_.pagemap).read(reinterpret_cast<std::uintptr_t>(probe), {&read, 1});
    return read;
  };
  const PageState before = state();
  if (!before.is_anonymous() || before.is_own()) {
    return "memory is not shared with a running host process";
  }
  const std::uint64_t faults = fault_count();
  *const_cast<volatile std::byte*>(probe) = std::byte{2};
  if (fault_count() == faults) return "the kernel does not count faults";
  return state().is_own() ? nullptr : "the kernel does not tell which pages are a process's own";
}

// Everything that is private and writable, except what is to be left and what is this module's own.
const char* Snapshot::find_pages() noexcept {
  std::size_t mappings = 0;
  Mapping mapping;
  for (MemoryMap map(files_.maps, text_); map.next(mapping);) ++mappings;
  // A mapping is divided by what is left of it.
  const std::size_t left = to_leave_.size() + 4;
  const std::size_t room = mappings + left;
  auto memory =
      KeptMemory::create(left * sizeof(Range) + room * sizeof(RestoredPages::Area) + kPageBytes);
  if (!memory) return "there is no memory for the table of mappings";
  left_ = memory->make_array<Range>(left);
  std::copy(to_leave_.begin(), to_leave_.end(), left_.begin());
  auto next = left_.begin() + static_cast<std::ptrdiff_t>(to_leave_.size());
  *next++ = memory_.range();
  *next++ = memory->range();
  *next++ = Range::of(template_.probe_page(), kPageBytes);
  *next++ = restartable_sequence();
  left_ = left_.first(normalize(left_));
  pages_.make_room(memory->make_array<RestoredPages::Area>(room));
  const std::uintptr_t stack = page_below(stack_.saved_stack());
  MemoryMap map(files_.smaps, text_);
  while (map.next(mapping)) {
    if (!mapping.is_private_writable() || mapping.wiped || mapping.device) continue;
    if (mapping.huge) return "private memory of huge pages (MAP_HUGETLB) is in use";
    // What is below the frame that called mark() belongs to calls that have returned.
    if (mapping.stack && mapping.range.contains(stack)) mapping.range.begin = stack;
    bool added = true;
    for_each_page_run_outside(mapping.range, left_, [&](Range range) {
      added = added && pages_.add(range, mapping.file);
    });
    if (!added) return "mappings appear while they are counted";
  }
  return map.failed() ? "/proc/self/smaps cannot be read" : nullptr;
}

// A directory has a link for each directory in it.
bool Snapshot::has_other_threads() const noexcept {
  struct stat status{};
  return raw_call(SYS_fstat, files_.tasks, &status) != 0 || status.st_nlink != 3;
}

// --- the rewind ---

void Snapshot::restore() noexcept {
  if (*is_marked_process_ == 0) end();
  ++counters_.rewinds;
  // The usual request writes hot pages only, and does nothing else that has to be undone. Or it
  // maps what ZendMM has had before, without a fault.
  const bool has_written = has_spawned_ || has_forked_ || fault_count() != faults_;
  const bool is_changed = has_written || mappings_.is_changed();
  if (is_changed) undo_mappings();
  if (has_written) look();
  pages_.restore();
  descriptors_.close_others();
  note_replacement();
  // What has faulted since the look was the rewind's.
  if (is_changed) faults_ = fault_count();
}

// Also without a page fault: what a request has mapped and never touched may be too much to be
// noted.
void Snapshot::undo_mappings() noexcept {
  mappings_.undo(pages_);
  if (has_other_threads()) {
    // They may be using mappings that are not the mark's, and the process ends soon.
    if (replacement_ == Replacement::kNone) replacement_ = Replacement::kThread;
    return;
  }
  const AddressSpace::Check check = mappings_.check();
  if (check == AddressSpace::Check::kLost) end();
  if (check == AddressSpace::Check::kSwept) ++counters_.sweeps;
}

void Snapshot::end() const noexcept {
  raw_call(SYS_exit_group, options_.lost_memory_exit_code);
  __builtin_unreachable();
}

void Snapshot::look() noexcept {
  ++counters_.looks;
  const bool compare = is_shared_with_child() || has_forked_;
  if (compare) ++counters_.comparisons;
  using Way = RestoredPages::Way;
  if (!pages_.look(compare ? Way::kContents : Way::kStates)) end();
  counters_.hot_pages = pages_.hot();
  has_forked_ = false;
  has_spawned_ = false;
  *const_cast<volatile std::byte*>(canary_) = std::byte{1};  // it is this process's own again
}

// A fork that nobody told of, by a function inside libc: the page is shared with the child while
// that lives.
bool Snapshot::is_shared_with_child() noexcept {
  PageState state;
  return PageMap(files_.pagemap).read(reinterpret_cast<std::uintptr_t>(canary_), {&state, 1}) &&
         !state.is_own();
}

void Snapshot::note_replacement() noexcept {
  if (replacement_ != Replacement::kNone) return;
  if (descriptors_.lost()) {
    replacement_ = Replacement::kDescriptor;
  } else if (mappings_.has_opened_constant_memory()) {
    replacement_ = Replacement::kConstantMemory;
  } else if (pages_.hot() > options_.hot_page_limit) {
    replacement_ = Replacement::kHotPages;
  }
}

}  // namespace tusk::php::rewind

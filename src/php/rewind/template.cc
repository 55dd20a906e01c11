#include "php/rewind/template.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "php/rewind/memory_map.h"
#include "php/rewind/page_map.h"
#include "php/rewind/range_list.h"

namespace tusk::php::rewind {

namespace {

// Pages whose states are asked for in one call.
constexpr std::size_t kPagesAtOnce = 1024;
constexpr std::size_t kLongestLine = std::size_t{16} << 10;

base::Result<std::vector<Mapping>> read_mappings() {
  const base::UniqueFd file(::open("/proc/self/smaps", O_RDONLY | O_CLOEXEC));
  if (!file) return base::fail_errno("cannot open /proc/self/smaps", errno);
  std::vector<char> buffer(kLongestLine);
  MemoryMap map(file.get(), buffer);
  std::vector<Mapping> mappings;
  Mapping mapping;
  while (map.next(mapping)) {
    if (!mapping.is_private_writable() || mapping.wiped || mapping.device) continue;
    if (mapping.huge) return base::fail("private memory of huge pages (MAP_HUGETLB) is in use");
    mappings.push_back(mapping);
  }
  if (map.failed()) return base::fail("cannot read /proc/self/smaps");
  return mappings;
}

// Writes memory to the end of a file.
class CopyWriter {
 public:
  explicit CopyWriter(int file) : file_(file) {}

  // Pages that cannot be read (beyond a mapped file's end) are left out. False: there is no room.
  bool append(Range pages) {
    while (!pages.empty()) {
      const ssize_t wrote =
          ::write(file_, reinterpret_cast<const void*>(pages.begin), pages.bytes());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0 && errno != EFAULT) return false;
      const std::size_t whole = wrote < 0 ? 0 : page_below(static_cast<std::size_t>(wrote));
      if (whole != 0) note({pages.begin, pages.begin + whole});
      // What follows the last whole page is written again, or overwritten.
      if (wrote >= 0 && ::lseek(file_, static_cast<off_t>(bytes_), SEEK_SET) < 0) return false;
      pages.begin += whole;
      if (whole == 0) pages.begin += kPageBytes;
    }
    return true;
  }

  struct Piece {
    Range memory;
    std::size_t offset;
  };
  const std::vector<Piece>& pieces() const { return pieces_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void note(Range pages) {
    if (!pieces_.empty() && pieces_.back().memory.end == pages.begin) {
      pieces_.back().memory.end = pages.end;
    } else {
      pieces_.push_back({pages, bytes_});
    }
    bytes_ += pages.bytes();
  }

  int file_;
  std::vector<Piece> pieces_;
  std::size_t bytes_ = 0;
};

// Copies what has been written of anonymous memory, and all of a file's, because its pages may
// be gone when they are needed.
bool copy_written(Range pages, bool all, const PageMap& page_map, CopyWriter& writer) {
  if (all) return writer.append(pages);
  bool copied = true;
  std::vector<PageState> buffer(kPagesAtOnce);
  const bool read = page_map.for_each_part(
      pages, buffer, [&](std::uintptr_t address, std::span<const PageState> states) {
        for (std::size_t first = 0; first < states.size();) {
          std::size_t end = first;
          while (end < states.size() && states[end].is_anonymous() && !states[end].is_guard())
            ++end;
          const Range run{address + first * kPageBytes, address + end * kPageBytes};
          copied = copied && writer.append(run);
          first = end + 1;
        }
      });
  return read && copied;
}

// Linux before 6.7 maps a sealed file for reading only from a descriptor that cannot write either.
void* map_sealed(int file, std::size_t bytes) {
  const std::string name = "/proc/self/fd/" + std::to_string(file);
  const base::UniqueFd readable(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  return ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, readable.get(), 0);
}

base::Result<std::byte*> make_probe_page() {
  void* const page =
      ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return base::fail_errno("no memory for a page", errno);
  auto* const probe = static_cast<std::byte*>(page);
  *probe = std::byte{1};
  return probe;
}

}  // namespace

base::Result<Template> Template::take(std::span<const Range> left) {
  if (::sysconf(_SC_PAGESIZE) != static_cast<long>(kPageBytes)) {
    return base::fail("the kernel's pages have another size than 4096 bytes");
  }
  const base::UniqueFd pages(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (!pages) return base::fail_errno("cannot open /proc/self/pagemap", errno);
  const base::UniqueFd copy(::memfd_create("tusk-template", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy) return base::fail_errno("cannot make a file in memory", errno);
  std::vector<Range> left_out(left.begin(), left.end());
  left_out.resize(normalize(left_out));
  const auto mappings = read_mappings();
  if (!mappings) return std::unexpected(mappings.error());
  const PageMap page_map(pages.get());
  CopyWriter writer(copy.get());
  bool copied = true;
  for (const Mapping& mapping : *mappings) {
    for_each_page_run_outside(mapping.range, left_out, [&](Range range) {
      copied = copied && copy_written(range, mapping.file, page_map, writer);
    });
  }
  if (!copied) return base::fail_errno("cannot copy the memory", errno);
  if (writer.bytes() == 0 || ::ftruncate(copy.get(), static_cast<off_t>(writer.bytes())) != 0 ||
      ::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) !=
          0) {
    return base::fail_errno("cannot seal the copy of the memory", errno);
  }
  void* const at = map_sealed(copy.get(), writer.bytes());
  if (at == MAP_FAILED) return base::fail_errno("cannot map the copy of the memory", errno);
  Template made;
  made.copy_ = Range::of(at, writer.bytes());
  for (const CopyWriter::Piece& piece : writer.pieces()) {
    made.runs_.push_back({piece.memory, static_cast<const std::byte*>(at) + piece.offset});
  }
  const auto probe = make_probe_page();
  if (!probe) return std::unexpected(probe.error());
  made.probe_ = *probe;
  return made;
}

Template::Template(Template&& other) noexcept
    : runs_(std::move(other.runs_)),
      copy_(std::exchange(other.copy_, {})),
      probe_(std::exchange(other.probe_, nullptr)) {}

Template::~Template() {
  if (!copy_.empty()) ::munmap(reinterpret_cast<void*>(copy_.begin), copy_.bytes());
  if (probe_ != nullptr) ::munmap(probe_, kPageBytes);
}

}  // namespace tusk::php::rewind

// BodyBuffer: a body that is in memory up to a limit and then in an unlinked temporary file.
//
// Owned by the connection while it grows, by the job afterwards. Thread: any; an instance belongs
// to one thread at a time. Plain data: no pointer to who made it, movable, and its file descriptor
// can be handed to another process. Writing goes to the page cache, so it does not normally block;
// small pieces are gathered, so that a peer's one-byte chunks do not cost a system call each.
//
// All bodies that share a BodyUsage are counted together, so that many small ones cannot take all
// memory, nor many large ones all of the disk.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/body_memory.h"

namespace tusk::http {

// How much all bodies that share it hold now. Memory is counted as allocated, not as used. The
// order is relaxed because only the numbers matter. A limit is kept exactly: a body that would
// exceed it takes its share back. Owner: the app; it outlives every body. Thread: any.
struct BodyUsage {
  std::atomic<std::uint64_t> memory_bytes{0};
  std::atomic<std::uint64_t> disk_bytes{0};
};

// Where bodies go; belongs to the server's configuration and is shared by all bodies.
struct BodySpool {
  std::size_t memory_bytes = 64 * 1024;  // a body larger than this is in a file
  std::string directory = "/tmp";        // of that file
  BodyUsage* usage = nullptr;            // must be set before a body grows
  // Limits of `usage`: beyond the first a body goes to its file at once, beyond the second it is
  // not kept.
  std::uint64_t total_memory_bytes = 256 * 1024 * 1024;
  std::uint64_t total_disk_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;
};

class BodyBuffer {
 public:
  BodyBuffer() = default;
  BodyBuffer(BodyBuffer&& other) noexcept;  // the source is empty afterwards
  BodyBuffer& operator=(BodyBuffer&& other) noexcept;
  ~BodyBuffer() { clear(); }

  // Fails when the file cannot be made or written (disk full, or the limit of all bodies): the body
  // is unusable then, and only clear() may follow.
  base::Result<void> append(std::string_view piece, const BodySpool& spool);

  // After the last append: brings what is still gathered into the file, and gives the memory back.
  // Does nothing in memory.
  base::Result<void> finish(const BodySpool& spool);

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Why it failed: not for ever, only until other bodies are gone.
  bool lacks_space() const { return lacks_space_; }
  // Or for ever: no file of this process may become so large (RLIMIT_FSIZE).
  bool exceeds_file_size() const { return exceeds_file_size_; }
  bool in_memory() const { return !file_; }

  // The whole body; only while in_memory().
  std::string_view memory() const;

  // The file; only when not in_memory(), and after finish(). Its offset is unspecified: use pread
  // or read_at(), sendfile with an offset, or seek.
  int fd() const;

  // Reads from any place, in memory or file; 0 at the end. Does not move a shared offset, so it can
  // be used by whoever holds the body, more than once. Good before finish() too.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const;

  // Empty again; keeps a modest piece of memory, gives back a large one and the file.
  void clear();

 private:
  bool hold(std::string_view piece, const BodySpool& spool);
  void count_memory();
  void release_memory();
  base::Result<void> write_file(std::string_view piece, const BodySpool& spool);

  BodyMemory memory_;  // the body, or what is gathered after `file_size_` bytes in the file
  BodyUsage* usage_ = nullptr;  // set by the first append()
  std::size_t counted_ = 0;     // in usage_->memory_bytes
  base::UniqueFd file_;
  std::uint64_t file_size_ = 0;
  std::uint64_t size_ = 0;
  bool lacks_space_ = false;
  bool exceeds_file_size_ = false;
};

}  // namespace tusk::http

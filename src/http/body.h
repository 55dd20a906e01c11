// BodyBuffer: a body in memory up to a limit, beyond it in an unlinked temporary file.
//
// Owner: the connection while the body grows, the job afterwards. Thread: any; an instance belongs
// to one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/client_key.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "http/body_memory.h"

namespace tusk::http {

// How much all bodies that share it hold now. Memory counts as allocated, not as used. The counters
// are relaxed because only their values matter. A limit still holds exactly: a body that would
// exceed it takes back what it added.
//
// Owner: app::Serving; it outlives every body. Thread: any.
class BodyUsage {
 public:
  using Bytes = std::atomic<std::uint64_t>;
  Bytes memory_bytes{0};
  Bytes disk_bytes{0};
  std::atomic<std::uint64_t> files{0};

  // The part of disk_bytes and files that the bodies of a client hold.
  struct Client {
    Bytes disk_bytes{0};
    std::atomic<std::uint64_t> files{0};
  };
  std::shared_ptr<Client> of(const base::ClientKey& client);

 private:
  using Clients = std::unordered_map<base::ClientKey, std::weak_ptr<Client>, base::ClientKeyHash>;
  base::Guarded<Clients> clients_;  // those that hold something, and some that did
};

// Where bodies are kept. Part of the configuration, shared by all bodies.
struct BodySpool {
  std::size_t memory_bytes = 64 * 1024;  // a larger body is written to a file
  std::string directory = "/tmp";        // of that file
  BodyUsage* usage = nullptr;            // must be set before a body grows
  // Limits of `usage`. Beyond the memory limit a body goes to its file at once; beyond the disk
  // limit it is refused.
  std::uint64_t total_memory_bytes = 256 * 1024 * 1024;
  std::uint64_t total_disk_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;
  // Beyond this a body is refused, too, if it belongs to a client that is known.
  std::uint64_t client_disk_bytes = std::numeric_limits<std::uint64_t>::max();
  // The same for files, however small they are: each takes a descriptor.
  std::uint64_t total_files = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t client_files = std::numeric_limits<std::uint64_t>::max();
};

// Plain data without pointers to its maker: it can be moved, and its descriptor can be passed to
// another process. Writes go to the page cache, so they do not normally block. Small pieces are
// gathered, so that one-byte chunks do not cost a system call each. All bodies that share a
// BodyUsage are counted together, so that many small ones cannot take all memory, nor many large
// ones the disk.
class BodyBuffer {
 public:
  BodyBuffer() = default;
  BodyBuffer(BodyBuffer&& other) noexcept;  // the source is empty afterwards
  BodyBuffer& operator=(BodyBuffer&& other) noexcept;
  ~BodyBuffer() { clear(); }

  // Whose it is. Before anything is appended; clear() forgets it.
  void set_client(const std::optional<base::ClientKey>& client) { client_ = client; }

  // Fails when the file cannot be created or written (the disk is full, or the limit of all bodies
  // or of the client's is reached). The body is unusable then: only clear() may follow.
  base::Result<void> append(std::string_view piece, const BodySpool& spool);

  // After the last append(): writes what is still gathered to the file and frees the memory. Does
  // nothing for a body in memory.
  base::Result<void> finish(const BodySpool& spool);

  // The body is that file, which somebody else has written and counts. Before anything is appended.
  void adopt(base::UniqueFd file, std::uint64_t size) {
    file_ = std::move(file);
    file_size_ = size_ = size;
    adopted_ = true;
  }

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The failure is temporary: there is space again when other bodies are gone.
  bool lacks_space() const { return lacks_space_; }
  // The failure is permanent: no file of this process may be that large (RLIMIT_FSIZE).
  bool exceeds_file_size() const { return exceeds_file_size_; }
  bool in_memory() const { return !file_; }

  // The whole body. Only while in_memory().
  std::string_view memory() const;

  // The file. Only when not in_memory(), after finish(). Its offset is unspecified: use pread,
  // read_at(), sendfile with an offset, or seek.
  int fd() const;

  // Reads from any offset, in memory or in the file; 0 at the end. It moves no shared offset, so
  // every holder of the body may call it, repeatedly, also before finish().
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const;

  // Empties the body; keeps a little memory, frees a large block and the file.
  void clear();

 private:
  bool hold(std::string_view piece, const BodySpool& spool);
  void count_memory();
  void release_memory();
  base::Result<void> open_file(const BodySpool& spool);
  void uncount_file();
  void give_back(std::uint64_t disk_bytes);
  base::Result<void> write_file(std::string_view piece, const BodySpool& spool);

  BodyMemory memory_;           // the body, or what is gathered after the file's `file_size_` bytes
  BodyUsage* usage_ = nullptr;  // set by the first append()
  std::size_t counted_ = 0;     // our part of usage_->memory_bytes
  std::optional<base::ClientKey> client_;
  std::shared_ptr<BodyUsage::Client> of_client_;  // counts the file, too; null: none is known
  base::UniqueFd file_;
  std::uint64_t file_size_ = 0;
  std::uint64_t size_ = 0;
  bool adopted_ = false;  // usage_ does not count the file
  bool lacks_space_ = false;
  bool exceeds_file_size_ = false;
};

}  // namespace tusk::http

// ResponseSpool: keeps the output of a script until its client has taken it: in memory, in a memfd,
// or in an unlinked file. Also the limits of all responses together, and the counters that they are
// compared with. response_store.h has a table of these names.
//
// A spool file is only appended to, and its space is freed as a whole when the last piece in it has
// been sent. It must not be rewritten, nor have holes punched: sendfile() hands the file's own
// pages to the socket, where they wait for the client. Changing such a page, or having the kernel
// zero the rest of a page beside a hole, changes what the client receives.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace tusk::exec {

struct UnsentUsage;

struct SpoolLimits {
  std::uint64_t memory_bytes = std::uint64_t{64} * 1024 * 1024;      // of all responses, in memory
  std::uint64_t disk_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;  // of all responses, in files
  std::string directory = "/tmp";                                    // where those files are
  // Files and memfds of all responses: each takes a descriptor.
  std::uint64_t files = ~std::uint64_t{0};
  // Counts the bytes that the limits hold for; not null.
  UnsentUsage* usage = nullptr;
};

// How much all responses that share it hold now. The order is relaxed because only the numbers
// matter. A limit is kept exactly: a response that would exceed it takes its share back. Owner:
// app::Serving; it outlives every response. Thread: any.
struct UnsentUsage {
  std::atomic<std::uint64_t> memory_bytes{0};
  std::atomic<std::uint64_t> disk_bytes{0};
  std::atomic<std::uint64_t> files{0};  // and memfds
  // How many bytes of responses the disk can hold, measured when a file was last made or the disk
  // was full.
  std::atomic<std::uint64_t> disk_capacity{~std::uint64_t{0}};
  // When the free space was last measured because the disk was full.
  std::atomic<base::Duration::rep> disk_remeasured{0};
};

// The bytes and files that the responses of one client hold.
struct ClientUsage {
  std::atomic<std::uint64_t> memory_bytes{0};
  std::atomic<std::uint64_t> disk_bytes{0};
  std::atomic<std::uint64_t> files{0};
  // Under the lock of the ResponseStore: the number of responses, and when one was closed because
  // the client held too much.
  std::size_t responses = 0;
  base::MonotonicTime warned{};
};

// The limits for one response: those of all responses together and of its client.
struct SpoolQuota {
  UnsentUsage* usage = nullptr;  // counts all responses
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t files = ~std::uint64_t{0};
  std::string directory;
  std::shared_ptr<ClientUsage> client;  // null: no limits of a client
  std::uint64_t client_memory_bytes = ~std::uint64_t{0};
  std::uint64_t client_disk_bytes = ~std::uint64_t{0};
  std::uint64_t client_files = ~std::uint64_t{0};
};

// Whether there was room, or which limit was reached.
enum class Reservation : std::uint8_t { kGranted, kClientShare, kStoreFull };

// Counts a part of the memory, disk or files that all responses, and those of one client, hold. The
// destructor gives it back. Thread: any, one at a time.
class UnsentShare {
 public:
  UnsentShare() = default;
  UnsentShare(UnsentShare&& other) noexcept
      : held_(other.held_),
        client_(std::move(other.client_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  UnsentShare& operator=(UnsentShare&& other) noexcept;
  ~UnsentShare() { clear(); }

  // If there is no room, nothing changes. One share counts either memory, disk or files, always the
  // same.
  Reservation grow_memory(std::uint64_t bytes, const SpoolQuota& quota);
  Reservation grow_disk(std::uint64_t bytes, const SpoolQuota& quota);
  Reservation add_file(const SpoolQuota& quota);
  // Counts memory that is needed regardless of the limits.
  void force_memory(std::uint64_t bytes, const SpoolQuota& quota);
  // Counts a file that is there already.
  void force_file(const SpoolQuota& quota);
  void clear();

 private:
  using Counter = std::atomic<std::uint64_t>;
  static std::shared_ptr<Counter> counter_of(const SpoolQuota& quota,
                                             Counter ClientUsage::* counter);
  Reservation grow(Counter& held, std::uint64_t limit, Counter* of_client,
                   std::uint64_t client_limit, std::uint64_t bytes);

  Counter* held_ = nullptr;
  std::shared_ptr<Counter> client_;  // points into its ClientUsage
  std::uint64_t bytes_ = 0;
};

// Made and written by a worker, read by the loop through the pieces, closed by the last user.
struct SpoolFile {
  base::UniqueFd fd;
  bool on_disk = false;
  std::uint64_t size = 0;  // used by the worker; so is the share
  UnsentShare share;
  UnsentShare counted;  // the file itself
};

// Whether a file that another process has opened is one of memfd_create(). The device tells it: a
// directory may be in memory, too (tmpfs), and counts as a disk. Thread: any.
bool is_memory_file(const struct stat& facts);

// A piece of a response body: bytes in memory, or a range of a spool file.
struct Piece {
  std::string bytes;
  UnsentShare share;  // counts `bytes`
  std::shared_ptr<const SpoolFile> file;
  std::uint64_t file_offset = 0;
  std::uint64_t file_length = 0;

  bool in_file() const { return file != nullptr; }
  std::uint64_t size() const { return in_file() ? file_length : bytes.size(); }

  // Appends the next piece if it is small: a piece costs more memory than a few flushed bytes, and
  // only the bytes are counted. False: both pieces are unchanged.
  bool join(const Piece& next, const SpoolQuota& quota);
};

// Owner and thread: one worker, for one response.
class ResponseSpool {
 public:
  // Appends `bytes` to a memfd, or to a file on disk once all responses hold as much memory as they
  // may. Without room, or without a descriptor, `piece` is unchanged.
  Reservation append(std::string_view bytes, const SpoolQuota& quota, Piece& piece);

 private:
  Reservation append_to_file(std::string_view bytes, const SpoolQuota& quota);

  std::shared_ptr<SpoolFile> file_;
};

}  // namespace tusk::exec

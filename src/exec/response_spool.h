// Where output of scripts is until its client has taken it: in memory, in a memfd, in an unlinked
// file. How much all responses together may have there (SpoolLimits), and how much they have.
//
// A spool file is written at its end only, and its space is given back as a whole, when the last
// piece in it has been sent. It must not be written anew, nor have holes punched: sendfile() hands
// the file's own pages to the socket, where they wait for the client; whoever changes them then,
// or has the kernel zero the rest of a page beside a hole, changes what the client receives.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace tusk::exec {

struct UnsentUsage;

struct SpoolLimits {
  std::uint64_t memory_bytes = std::uint64_t{64} * 1024 * 1024;      // of all responses: memory
  std::uint64_t disk_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;  // of all responses: files
  std::string directory = "/tmp";                                    // of those files
  UnsentUsage* usage = nullptr;                                      // what the limits are of
};

// How much all responses that share it hold now. The order is relaxed because only the numbers
// matter. A limit is kept exactly: a response that would exceed it takes its share back. Owner: the
// app; it outlives every response. Thread: any.
struct UnsentUsage {
  std::atomic<std::uint64_t> memory_bytes{0};
  std::atomic<std::uint64_t> disk_bytes{0};
  // How much the disk has room for, as found when a file was last made or the disk was full.
  std::atomic<std::uint64_t> disk_found{~std::uint64_t{0}};
  std::atomic<base::Duration::rep> disk_remeasured{
      0};  // when the disk was last asked for being full
};

// What the responses of one client hold of those two.
struct ClientUsage {
  std::atomic<std::uint64_t> memory_bytes{0};
  std::atomic<std::uint64_t> disk_bytes{0};
  // Under the lock of the ResponseStore: how many responses; when one was closed for being too
  // much.
  std::size_t responses = 0;
  base::MonotonicTime warned{};
};

// What a response may take: the limits of all, and those of its client.
struct SpoolQuota {
  UnsentUsage* usage = nullptr;  // of all responses
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes = 0;
  std::string directory;
  std::shared_ptr<ClientUsage> client;  // null: it has no limits of its own
  std::uint64_t client_memory_bytes = ~std::uint64_t{0};
  std::uint64_t client_disk_bytes = ~std::uint64_t{0};
};

// Whether there was room, or who has too much.
enum class Reservation : std::uint8_t { kGranted, kClientShare, kStoreFull };

// A part of what all hold in memory or on the disk, and of what its client does; given back when it
// ends. Thread: any, one at a time.
class UnsentShare {
 public:
  UnsentShare() = default;
  UnsentShare(UnsentShare&& other) noexcept
      : held_(other.held_),
        client_(std::move(other.client_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  UnsentShare& operator=(UnsentShare&& other) noexcept;
  ~UnsentShare() { clear(); }

  // Without room nothing has changed. One share is of memory or of the disk, always the same.
  Reservation grow_memory(std::uint64_t bytes, const SpoolQuota& quota);
  Reservation grow_disk(std::uint64_t bytes, const SpoolQuota& quota);
  // Memory that is needed whatever the limits are.
  void force_memory(std::uint64_t bytes, const SpoolQuota& quota);
  void clear();

 private:
  using Counter = std::atomic<std::uint64_t>;
  static std::shared_ptr<Counter> counter_of(const SpoolQuota& quota,
                                             Counter ClientUsage::* counter);
  Reservation grow(Counter& held, std::uint64_t limit, Counter* of_client,
                   std::uint64_t client_limit, std::uint64_t bytes);

  Counter* held_ = nullptr;
  std::shared_ptr<Counter> client_;  // a part of its ClientUsage
  std::uint64_t bytes_ = 0;
};

// Made and written by a worker, read by the loop through the pieces, closed by whoever is last.
struct SpoolFile {
  base::UniqueFd fd;
  bool on_disk = false;
  std::uint64_t size = 0;  // the worker's; the share too
  UnsentShare share;
};

// A piece of a response body: bytes in memory, or a range of a spool file.
struct Piece {
  std::string bytes;
  UnsentShare share;  // of the bytes
  std::shared_ptr<const SpoolFile> file;
  std::uint64_t file_offset = 0;
  std::uint64_t file_length = 0;

  bool in_file() const { return file != nullptr; }
  std::uint64_t size() const { return in_file() ? file_length : bytes.size(); }

  // Takes up what follows, if that is small: a piece takes more memory than a few bytes that were
  // flushed, and of that only the bytes are counted. False: both are as they were.
  bool join(const Piece& next, const SpoolQuota& quota);
};

// The spool of one response. Owner and thread: its worker.
class ResponseSpool {
 public:
  // Puts `bytes` at the end of a memfd, or of a file on disk once all responses hold as much
  // memory as they may. Without room, or a descriptor, `piece` is as it was.
  Reservation append(std::string_view bytes, const SpoolQuota& quota, Piece& piece);

 private:
  Reservation append_to_file(std::string_view bytes, const SpoolQuota& quota);

  std::shared_ptr<SpoolFile> file_;
};

}  // namespace tusk::exec

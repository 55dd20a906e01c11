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

#include "base/unique_fd.h"

namespace tusk::exec {

struct SpoolLimits {
  std::uint64_t memory_bytes = std::uint64_t{64} * 1024 * 1024;      // of all responses: memory
  std::uint64_t disk_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;  // of all responses: files
  std::string directory = "/tmp";                                    // of those files
};

// What all responses of the process hold now. Relaxed: the numbers alone matter, and a limit is
// kept exactly, since who would exceed it takes its share back.
struct UnsentUsage {
  static inline std::atomic<std::uint64_t> memory_bytes{0};
  static inline std::atomic<std::uint64_t> disk_bytes{0};
};

// A part of one of those two, given back when it ends. Thread: any, one at a time.
class UnsentShare {
 public:
  UnsentShare() = default;
  UnsentShare(UnsentShare&& other) noexcept
      : held_(other.held_), bytes_(std::exchange(other.bytes_, 0)) {}
  UnsentShare& operator=(UnsentShare&& other) noexcept;
  ~UnsentShare() { clear(); }

  // False: that would be more than `limit`, and nothing has changed. `held` is always the same.
  bool grow(std::atomic<std::uint64_t>& held, std::uint64_t bytes, std::uint64_t limit);
  void clear();

 private:
  std::atomic<std::uint64_t>* held_ = nullptr;
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
};

// The spool of one response. Owner and thread: its worker.
class ResponseSpool {
 public:
  // Puts `bytes` at the end of a memfd, or of a file on disk once all responses hold as much
  // memory as they may. False: there is no room, or no descriptor; `piece` is as it was.
  bool append(std::string_view bytes, const SpoolLimits& limits, Piece& piece);

 private:
  bool append_to_file(std::string_view bytes, const SpoolLimits& limits);

  std::shared_ptr<SpoolFile> file_;
};

}  // namespace tusk::exec

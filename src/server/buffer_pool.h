// BufferPool: input buffers that no connection uses at the moment.
//
// Owner and thread: one loop.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tusk::server {

// A connection holds a buffer only while it contains bytes. So idle connections need none, and busy
// ones share a few, which stay in the CPU's cache.
class BufferPool {
 public:
  static constexpr std::size_t kBufferBytes = 16 * 1024;
  static constexpr std::size_t kMaxFreeBuffers = 256;

  using Buffer = std::unique_ptr<char[]>;

  Buffer take() {
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(kBufferBytes);
    Buffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void give_back(Buffer buffer) {
    if (free_.size() < kMaxFreeBuffers) free_.push_back(std::move(buffer));
  }

  std::size_t free() const { return free_.size(); }

 private:
  std::vector<Buffer> free_;
};

}  // namespace tusk::server

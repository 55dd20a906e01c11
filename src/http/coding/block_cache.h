// BlockCache: reuse of a coding library's memory.
//
// Owner: one encoder. Thread: the encoder's.
#pragma once

#include <array>
#include <cstddef>

namespace tusk::http::coding {

// Keeps freed blocks of memory for libraries that allocate the same large blocks again for each
// body. Keeps at most `kKeptBytes` of unused blocks.
class BlockCache {
 public:
  static constexpr std::size_t kKeptBytes = 4 * 1024 * 1024;

  BlockCache() = default;
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  void* take(std::size_t size);  // null: out of memory. The memory is not cleared
  void give_back(void* block);   // null: does nothing

  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  // Precedes each block; keeps the block's alignment.
  struct alignas(std::max_align_t) Header {
    std::size_t size;
  };

  std::array<Header*, 16> kept_{};
  std::size_t kept_count_ = 0;
  std::size_t kept_bytes_ = 0;
};

}  // namespace tusk::http::coding

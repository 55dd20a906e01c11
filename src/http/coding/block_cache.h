// BlockCache: freed blocks of memory that are given out again, for libraries that allocate the same
// large blocks anew for each body.
//
// Owner: one encoder. Thread: its owner's. Keeps at most `kKeptBytes` while they are not in use.
#pragma once

#include <array>
#include <cstddef>

namespace tusk::http::coding {

class BlockCache {
 public:
  static constexpr std::size_t kKeptBytes = 4 * 1024 * 1024;

  BlockCache() = default;
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  void* take(std::size_t size);  // null: out of memory. Not cleared
  void give_back(void* block);   // null: nothing

  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  // Stands in front of what is given out, and keeps its alignment.
  struct alignas(std::max_align_t) Header {
    std::size_t size;
  };

  std::array<Header*, 16> kept_{};
  std::size_t kept_count_ = 0;
  std::size_t kept_bytes_ = 0;
};

}  // namespace tusk::http::coding

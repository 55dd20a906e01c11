#include "http/coding/block_cache.h"

#include <cstdlib>
#include <limits>

namespace tusk::http::coding {

BlockCache::~BlockCache() {
  for (std::size_t i = 0; i < kept_count_; ++i) std::free(kept_[i]);
}

// Takes the smallest block that is large enough and at most twice as large as asked for.
void* BlockCache::take(std::size_t size) {
  std::size_t best = kept_count_;
  for (std::size_t i = 0; i < kept_count_; ++i) {
    if (kept_[i]->size < size || kept_[i]->size / 2 > size) continue;
    if (best == kept_count_ || kept_[i]->size < kept_[best]->size) best = i;
  }
  if (best < kept_count_) {
    Header* const block = kept_[best];
    kept_[best] = kept_[--kept_count_];
    kept_bytes_ -= block->size;
    return block + 1;
  }
  if (size > std::numeric_limits<std::size_t>::max() - sizeof(Header)) return nullptr;
  auto* const block = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (block == nullptr) return nullptr;
  block->size = size;
  return block + 1;
}

void BlockCache::give_back(void* given) {
  if (given == nullptr) return;
  Header* const block = static_cast<Header*>(given) - 1;
  // malloc is cheap for small blocks.
  const bool worth_it = block->size >= 1024 && kept_bytes_ + block->size <= kKeptBytes;
  if (!worth_it || kept_count_ == kept_.size()) return std::free(block);
  kept_[kept_count_++] = block;
  kept_bytes_ += block->size;
}

}  // namespace tusk::http::coding

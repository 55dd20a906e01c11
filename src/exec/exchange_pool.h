// ExchangePool: the free exchanges of a loop.
//
// Owner and thread: one loop. A worker never sees the pool: exchanges come back through the
// channel.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "exec/exchange.h"

namespace tusk::exec {

// Keeps free exchanges, with their buffers still allocated, for the next requests.
class ExchangePool {
 public:
  // Keeps at most `kept` free exchanges and frees the others.
  explicit ExchangePool(std::size_t kept) : kept_(kept) {}

  // The exchange is prepared: it holds nothing of an earlier request.
  std::unique_ptr<Exchange> take() {
    if (free_.empty()) return std::make_unique<Exchange>();
    std::unique_ptr<Exchange> exchange = std::move(free_.back());
    free_.pop_back();
    return exchange;
  }

  void give_back(std::unique_ptr<Exchange> exchange) {
    if (free_.size() >= kept_) return;
    exchange->job.clear();
    exchange->prepare();
    free_.push_back(std::move(exchange));
  }

 private:
  std::size_t kept_;
  std::vector<std::unique_ptr<Exchange>> free_;
};

}  // namespace tusk::exec

// Doorbells: how worker processes wake the loops of the server.
//
// A page says which loops sleep. Workers can only read it, so that none can keep another's loop
// asleep: the memfd is sealed against further writable mappings once the server has its own. A
// worker that has news for a loop writes to the loop's eventfd if the loop sleeps, once for each
// sleep: the loop looks for all news after it.
//
// Owner: the server's host link; a copy in each worker. Threads: set_sleeping() the loop; ring()
// the worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::exec::process {

inline constexpr std::size_t kMostLoops = 64;

// The number of the loop's sleep, which grows; 0: the loop is awake. Alone on its cache line, as
// each loop writes its own often. 64 bits never come round: a worker whose memory is put back may
// remember an old number.
struct alignas(64) SleepingLoop {
  std::atomic<std::uint64_t> sleeping;
};

struct SleepingLoops {
  std::array<SleepingLoop, kMostLoops> loops;
};

// The server's side.
class Doorbells {
 public:
  static base::Result<Doorbells> create();
  Doorbells(Doorbells&& other) noexcept;
  Doorbells& operator=(Doorbells&&) = delete;
  ~Doorbells();

  // The eventfd of one loop.
  static base::Result<base::UniqueFd> make_eventfd();
  // Empties an eventfd after it was readable. It never waits: a worker has the same open file, so
  // it can make it a blocking one and empty it first. read() must not be used for that reason.
  static void clear(int eventfd);

  int fd() const { return fd_.get(); }
  // The order is sequentially consistent: the loop looks for news after it has set the word, the
  // worker at the word after it has written its news.
  std::atomic<std::uint64_t>& sleeping(std::size_t loop) const {
    return page_->loops[loop].sleeping;
  }

 private:
  Doorbells(base::UniqueFd fd, SleepingLoops* page) : fd_(std::move(fd)), page_(page) {}

  base::UniqueFd fd_;
  SleepingLoops* page_;
};

// The worker's side.
class DoorbellRinger {
 public:
  // `page` may be closed afterwards.
  static base::Result<DoorbellRinger> attach(int page, std::vector<base::UniqueFd> eventfds);

  void ring(std::uint32_t loop);

 private:
  DoorbellRinger(const SleepingLoops* page, std::vector<base::UniqueFd> eventfds)
      : page_(page), eventfds_(std::move(eventfds)) {}

  const SleepingLoops* page_;  // mapped until the process ends
  std::vector<base::UniqueFd> eventfds_;
  std::array<std::uint64_t, kMostLoops> rung_{};  // the sleep for which each loop was rung last
};

}  // namespace tusk::exec::process

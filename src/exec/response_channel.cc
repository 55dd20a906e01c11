#include "exec/response_channel.h"

#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tusk::exec {

base::Result<std::unique_ptr<ResponseChannel>> ResponseChannel::create() {
  base::UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd) return base::fail_errno("eventfd", errno);
  return std::unique_ptr<ResponseChannel>(new ResponseChannel(std::move(fd)));
}

// Each side writes one of sleeping_ and head_ and then reads the other. That needs sequential
// consistency, or a post could miss a loop that sleeps and has not seen it.
void ResponseChannel::post(Exchange& exchange) {
  Exchange* head = head_.load(std::memory_order_relaxed);
  do {
    exchange.next_ = head;
  } while (!head_.compare_exchange_weak(head, &exchange, std::memory_order_seq_cst,
                                        std::memory_order_relaxed));
  if (sleeping_.load(std::memory_order_seq_cst)) wake();
}

void ResponseChannel::wake() {
  if (!sleeping_.exchange(false, std::memory_order_seq_cst)) return;
  const std::uint64_t one = 1;
  // This fails only if the counter is full, and then the loop is awake too.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
}

Exchange* ResponseChannel::take_all() {
  if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  Exchange* newest = head_.exchange(nullptr, std::memory_order_seq_cst);
  Exchange* oldest = nullptr;
  while (newest != nullptr) {
    Exchange* const next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

bool ResponseChannel::prepare_to_sleep() {
  sleeping_.store(true, std::memory_order_seq_cst);
  show_sleep(++sleeps_);
  if (head_.load(std::memory_order_seq_cst) == nullptr) return true;
  awake();
  return false;
}

void ResponseChannel::awake() {
  sleeping_.store(false, std::memory_order_relaxed);
  show_sleep(0);
}

void ResponseChannel::show_sleep(std::uint64_t sleep) {
  if (shown_sleep_ != nullptr) shown_sleep_->store(sleep, std::memory_order_seq_cst);
}

void ResponseChannel::clear_wake_fd() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_fd_.get(), &count, sizeof count);
}

}  // namespace tusk::exec

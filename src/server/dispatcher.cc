#include "server/dispatcher.h"

#include <utility>

#include "exec/response_store.h"

namespace tusk::server {

namespace {

// Exchanges kept for a burst; each holds a few kB, and at most 64 KiB of its last response.
constexpr std::size_t kKeptExchanges = 512;

}  // namespace

Dispatcher::Dispatcher(std::vector<DispatchPool> pools,
                       std::unique_ptr<exec::ResponseChannel> channel, std::size_t loop)
    : pools_(std::move(pools)),
      channel_(std::move(channel)),
      loop_(static_cast<std::uint16_t>(loop)),
      exchanges_(kKeptExchanges) {}

exec::Exchange* Dispatcher::submit(std::unique_ptr<exec::Exchange>& exchange, ReplySink& sink) {
  if (free_slots_.empty()) {
    free_slots_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::uint64_t key = free_slots_.back();
  exec::Exchange* const submitted = exchange.get();
  submitted->key = key;
  submitted->channel = channel_.get();
  submitted->loop = loop_;
  if (!push(*submitted)) return nullptr;
  free_slots_.pop_back();
  slots_[key] = Slot{std::move(exchange), &sink};
  ++in_flight_;
  return submitted;
}

// Worker processes begin requests without telling of it: what was waiting in the last round may not
// be any more.
bool Dispatcher::push(exec::Exchange& exchange) {
  const DispatchPool& pool = pool_of(exchange.job);
  if (pool.queue.try_push(exchange)) return true;
  if (pool.relay != nullptr) {
    pool.relay->round();
    if (pool.queue.try_push(exchange)) return true;
  }
  return drop_cancelled(pool) && pool.queue.try_push(exchange);
}

bool Dispatcher::drop_cancelled(const DispatchPool& pool) {
  const bool any_queued = pool.queue.drop_cancelled();
  return (pool.relay != nullptr && pool.relay->drop_cancelled()) || any_queued;
}

void Dispatcher::finish_with(exec::Exchange& exchange) {
  Slot& slot = slots_[exchange.key];
  slot.sink = nullptr;
  if (slot.released) {
    recycle(exchange.key);
  } else {
    if (!exchange.has_started()) pool_of(exchange.job).queue.note_cancelled();
    exchange.drop_pieces();  // free them now: the script may run for long
  }
}

// An exchange that is in the channel is recycled when it comes out: it may have been posted after
// its sink had finished with it.
void Dispatcher::recycle(std::uint64_t key) {
  exec::Exchange& exchange = *slots_[key].exchange;
  if (exec::ResponseStore* const store = exchange.store(); store != nullptr)
    store->forget(exchange);
  if (exchange.is_posted()) return;
  exchanges_.give_back(std::move(slots_[key].exchange));
  free_slots_.push_back(key);
  if (!slots_[key].abandoned) --in_flight_;
}

void Dispatcher::deliver(exec::Exchange& exchange) {
  const std::uint32_t bits = exchange.acknowledge();
  Slot& slot = slots_[exchange.key];
  if ((bits & exec::Exchange::kReleased) != 0) slot.released = true;
  if ((bits & exec::Exchange::kAbandoned) != 0 && !slot.abandoned) {
    slot.abandoned = true;
    --in_flight_;
  }
  if (slot.sink != nullptr) {
    slot.sink->on_reply(bits);  // may recycle the exchange, and submit another into its slot
  } else if (slot.released) {
    recycle(exchange.key);
  }
}

std::size_t Dispatcher::end_round() {
  for (const DispatchPool& pool : pools_) {
    if (pool.relay != nullptr) pool.relay->round();
  }
  const std::size_t count =
      channel_->drain([this](exec::Exchange& exchange) { deliver(exchange); });
  for (const DispatchPool& pool : pools_) pool.queue.wake();
  return count;
}

bool Dispatcher::cancel_if_waiting(exec::Exchange& exchange) {
  exec::process::Relay* const relay = pool_of(exchange.job).relay;
  return relay != nullptr ? relay->cancel_if_waiting(exchange) : exchange.cancel_if_waiting();
}

// What workers have written is looked for after the channel has said that the loop sleeps: they
// write first, and then look whether it does.
bool Dispatcher::prepare_to_sleep() {
  if (!channel_->prepare_to_sleep()) return false;
  for (const DispatchPool& pool : pools_) {
    if (pool.relay == nullptr || pool.relay->prepare_to_sleep()) continue;
    channel_->awake();
    return false;
  }
  return true;
}

base::Duration Dispatcher::longest_sleep() const {
  for (const DispatchPool& pool : pools_) {
    if (pool.relay != nullptr && pool.relay->has_gathered()) return exec::process::Relay::kPatience;
  }
  return {};
}

}  // namespace tusk::server

#include "exec/response_store.h"

#include <algorithm>
#include <utility>

#include "exec/request_queue.h"

namespace tusk::exec {

namespace {

// The loop closes a response within a round or two. A response that it cannot close (its worker is
// lost) must not prevent others from being closed.
constexpr base::Duration kClosingTime = std::chrono::seconds(1);

// What one client may have of a small number of files.
constexpr std::uint64_t kLeastFilesOfClient = 32;

std::uint64_t part(std::uint64_t of, std::uint64_t percent) {
  return percent >= 100 ? ~std::uint64_t{0} : of / 100 * percent;
}

}  // namespace

bool ResponseStore::was_warned(const ClientUsage& client, base::MonotonicTime now) {
  return client.warned != base::MonotonicTime{} && now - client.warned < kWarningTime;
}

std::shared_ptr<ClientUsage> ResponseStore::usage_of(State& state, const Job& job,
                                                     base::MonotonicTime now) {
  if (job.origin.sharing == http::RequestOrigin::Sharing::kManyClients) return nullptr;
  const auto key = base::client_key(job.view(job.origin.client_address));
  if (!key) return nullptr;
  auto found = state.clients.find(*key);
  if (found == state.clients.end()) {
    // Drop clients that are kept only because they were warned.
    std::erase_if(state.clients, [&](const auto& one) {
      return one.second->responses == 0 && !was_warned(*one.second, now);
    });
    found = state.clients.emplace(*key, std::make_shared<ClientUsage>()).first;
  }
  ++found->second->responses;
  return found->second;
}

SpoolQuota ResponseStore::enter(Exchange& exchange, base::MonotonicTime now) {
  SpoolQuota quota;
  {
    const auto state = state_.lock();
    Stored& stored = state->responses[&exchange];
    if (exchange.store() == nullptr) {
      stored.pool = exchange.job.pool;
      stored.since = now;
      stored.client = usage_of(*state, exchange.job, now);
      exchange.set_store(this);
    }
    quota.client = stored.client;
  }
  quota.usage = settings_.limits.usage;
  quota.directory = settings_.limits.directory;
  renew(quota);
  return quota;
}

void ResponseStore::renew(SpoolQuota& quota) const {
  quota.memory_bytes = settings_.limits.memory_bytes;
  quota.disk_bytes = disk_bytes();
  quota.files = settings_.limits.files;
  if (quota.client == nullptr) return;
  quota.client_files = files_of_client();
  quota.client_memory_bytes = part(quota.memory_bytes, settings_.client_percent);
  quota.client_disk_bytes = part(quota.disk_bytes, settings_.client_percent);
}

std::uint64_t ResponseStore::disk_bytes() const {
  return std::min(settings_.limits.disk_bytes,
                  settings_.limits.usage->disk_capacity.load(std::memory_order_relaxed));
}

std::uint64_t ResponseStore::files_of_client() const {
  return std::max(part(settings_.limits.files, settings_.client_percent), kLeastFilesOfClient);
}

bool ResponseStore::is_nearly_full() const {
  const UnsentUsage& usage = *settings_.limits.usage;
  const std::uint64_t held = usage.memory_bytes.load(std::memory_order_relaxed) +
                             usage.disk_bytes.load(std::memory_order_relaxed);
  return held > (settings_.limits.memory_bytes + disk_bytes()) / 2;
}

bool ResponseStore::requests_wait(const Pool& pool) const {
  return pool.queue != nullptr && pool.queue->depth() > 0;
}

bool ResponseStore::any_requests_wait() const {
  return std::ranges::any_of(pools_, [this](const Pool& pool) { return requests_wait(pool); });
}

void ResponseStore::begin_wait(Exchange& exchange, base::MonotonicTime now) {
  const auto state = state_.lock();
  const auto found = state->responses.find(&exchange);
  if (found == state->responses.end() || found->second.waits_since != kNever) return;
  found->second.waits_since = now;
  found->second.taken_before = exchange.taken_bytes();
  ++state->pools[found->second.pool].waiting;
}

void ResponseStore::end_wait(State& state, Stored& stored) {
  if (std::exchange(stored.waits_since, kNever) == kNever) return;
  PoolState& pool = state.pools[stored.pool];
  --pool.waiting;
  if (pool.waiting == 0) pool.queued_since = kNever;  // no worker observes the queue any more
}

void ResponseStore::end_wait(Exchange& exchange) {
  const auto state = state_.lock();
  const auto found = state->responses.find(&exchange);
  if (found != state->responses.end()) end_wait(*state, found->second);
}

// Returns the slowest response that `may` allows to be closed, if it is slower than `least`.
template <class May>
ResponseStore::Responses::iterator ResponseStore::slowest(State& state, base::MonotonicTime now,
                                                          double least, May may) {
  auto worst = state.responses.end();
  for (auto one = state.responses.begin(); one != state.responses.end(); ++one) {
    const auto& [exchange, stored] = *one;
    const std::uint64_t unsent = exchange->unsent_bytes() + exchange->stored_tail();
    // Closing such a response would free nothing.
    if (unsent == 0 || stored.closed || exchange->cancelled() || !may(stored)) continue;
    const double slow = slowness(unsent, exchange->taken_bytes(), now - stored.since);
    if (slow < least) continue;
    least = slow;
    worst = one;
  }
  return worst;
}

void ResponseStore::close(State& state, Responses::iterator one, WaitReason reason,
                          base::MonotonicTime now) {
  Stored& stored = one->second;
  stored.closed = true;
  ++state.closing;
  state.room_since = now;
  end_wait(state, stored);  // its worker continues at once
  if (reason == WaitReason::kClientShare && stored.client != nullptr) stored.client->warned = now;
  one->first->close_for(reason);
}

void ResponseStore::judge(Exchange& exchange, WaitReason reason, base::MonotonicTime now) {
  WaitFacts facts;
  facts.reason = reason;
  const std::size_t pool = exchange.job.pool;
  facts.queued = requests_wait(pools_[pool]);
  facts.workers = pools_[pool].workers;
  const auto state = state_.lock();
  const auto self = state->responses.find(&exchange);
  if (self == state->responses.end() || self->second.waits_since == kNever) return;
  const std::uint64_t taken = exchange.taken_bytes();
  if (std::exchange(self->second.taken_before, taken) != taken) self->second.waits_since = now;
  facts.waited = now - self->second.waits_since;
  PoolState& of_pool = state->pools[pool];
  facts.waiting = of_pool.waiting;
  if (!facts.queued) {
    of_pool.queued_since = kNever;
  } else if (of_pool.queued_since == kNever) {
    of_pool.queued_since = now;
  }
  facts.queue_lasts = facts.queued && now - of_pool.queued_since >= kLastingQueue;
  const ClientUsage* const client = self->second.client.get();
  facts.client_warned = client != nullptr && was_warned(*client, now);
  auto worst = state->responses.end();
  switch (judge_wait(facts)) {
    case WaitVerdict::kKeepWaiting:
      return;
    case WaitVerdict::kCloseThis:
      worst = self;
      break;
    case WaitVerdict::kCloseWaiting: {
      reason = WaitReason::kResponseLimit;  // that response is not the reason why this one waits
      const base::Duration least = least_wait(facts.workers);
      worst = slowest(*state, now, 0, [&](const Stored& stored) {
        return stored.pool == pool && stored.waits_since != kNever &&
               now - stored.waits_since >= least;
      });
      break;
    }
    case WaitVerdict::kCloseStored:
      if (state->closing > 0 && now - state->room_since < kClosingTime) return;
      worst = slowest(*state, now, kWorthWaiting_s, [](const Stored&) { return true; });
      break;
  }
  if (worst != state->responses.end()) close(*state, worst, reason, now);
}

void ResponseStore::make_room_for(Exchange& exchange, WaitReason reason, base::MonotonicTime now) {
  const auto state = state_.lock();
  const auto self = state->responses.find(&exchange);
  if (self == state->responses.end()) return;
  const ClientUsage* const client = self->second.client.get();
  // Each waiting worker may keep a piece. Beyond that the limit is strict.
  const std::uint64_t limit = settings_.limits.memory_bytes;
  const std::uint64_t most = limit + limit / 10 + settings_.workers * kForcedBytes;
  const UnsentUsage& usage = *settings_.limits.usage;
  const bool at_once =
      usage.memory_bytes.load(std::memory_order_relaxed) > most ||
      usage.files.load(std::memory_order_relaxed) > settings_.limits.files ||
      (client != nullptr && client->files.load(std::memory_order_relaxed) > files_of_client());
  if (!at_once && !any_requests_wait()) return;  // no request needs the room
  const double least = at_once ? 0 : kWorthWaiting_s;
  const auto worst = slowest(*state, now, least, [&](const Stored& stored) {
    if (&stored == &self->second) return false;
    return reason != WaitReason::kClientShare || stored.client.get() == client;
  });
  if (worst != state->responses.end()) close(*state, worst, reason, now);
}

void ResponseStore::forget(Exchange& exchange) {
  if (exchange.store() == nullptr) return;
  exchange.set_store(nullptr);
  const auto state = state_.lock();
  const auto found = state->responses.find(&exchange);
  if (found == state->responses.end()) return;
  end_wait(*state, found->second);
  if (found->second.closed) --state->closing;
  if (found->second.client != nullptr) --found->second.client->responses;
  state->responses.erase(found);
}

}  // namespace tusk::exec

#include "exec/lost_clients.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "observe/log.h"

namespace tusk::exec {

namespace {

std::optional<base::ClientKey> client_of(const Job& job) {
  if (job.origin.sharing != http::RequestOrigin::Sharing::kOneClient) return std::nullopt;
  return base::client_key(job.view(job.origin.client_address));
}

}  // namespace

LostClients::Loss LostClients::add(const Job& job, base::MonotonicTime now) {
  const std::optional<base::ClientKey> client = client_of(job);
  if (settings_.per_client == 0 || !client) return kNoLoss;
  Loss loss = kNoLoss;
  bool newly_refused = false;
  {
    const auto state = state_.lock();
    expire(*state, now);
    if (state->records.size() >= kMostLosses) state->records.erase(state->records.begin());
    loss = ++state->last_loss;
    state->records.push_back({.loss = loss, .client = *client, .last = now});
    newly_refused = update_refusal(*state, *client, now);
  }
  if (newly_refused) {
    observe::warn(
        "a client has caused too many lost workers: its requests are refused for a time",
        {{"client", job.view(job.origin.client_address)},
         {"workers", settings_.per_client},
         {"seconds", std::chrono::ceil<std::chrono::seconds>(settings_.remember_for).count()}});
  }
  return loss;
}

void LostClients::renew(Loss loss, base::MonotonicTime now) {
  if (loss == kNoLoss) return;
  const auto state = state_.lock();
  const auto found = std::ranges::find(state->records, loss, &Record::loss);
  if (found == state->records.end()) return;
  found->last = now;
  update_refusal(*state, found->client, now);
}

// Checks whether the client is over the limit, and until when. True: it was not refused before.
bool LostClients::update_refusal(State& state, const base::ClientKey& client,
                                 base::MonotonicTime now) {
  std::vector<base::MonotonicTime> times;
  for (const Record& record : state.records) {
    if (record.client == client && record.last + settings_.remember_for > now) {
      times.push_back(record.last);
    }
  }
  if (times.size() < settings_.per_client) return false;
  // The client is under the limit again once the loss that expires first is forgotten.
  const auto deciding = times.begin() + static_cast<std::ptrdiff_t>(settings_.per_client - 1);
  std::ranges::nth_element(times, deciding, std::ranges::greater{});
  const base::MonotonicTime until = *deciding + settings_.remember_for;
  base::MonotonicTime& refused = state.refused[client];
  const bool newly = refused <= now;
  refused = until;
  if (until > refusing_until_.load(std::memory_order_relaxed)) {
    refusing_until_.store(until, std::memory_order_relaxed);
  }
  return newly;
}

void LostClients::expire(State& state, base::MonotonicTime now) const {
  std::erase_if(state.records,
                [&](const Record& record) { return record.last + settings_.remember_for <= now; });
  std::erase_if(state.refused, [&](const auto& entry) { return entry.second <= now; });
}

base::Duration LostClients::look_up(const Job& job, base::MonotonicTime now) const {
  const std::optional<base::ClientKey> client = client_of(job);
  if (!client) return base::Duration::zero();
  const auto state = state_.lock();
  const auto found = state->refused.find(*client);
  if (found == state->refused.end()) return base::Duration::zero();
  return std::max(base::Duration(found->second - now), base::Duration::zero());
}

}  // namespace tusk::exec

#include "clients/admission.h"

namespace tusk::clients {

Admission::Outcome Admission::enter(const std::optional<base::ClientKey>& client) {
  const auto state = state_.lock();
  if (state->total >= limits_.connections) return Outcome::kFull;
  if (!add(*state, client)) return Outcome::kClientFull;
  ++state->total;
  return Outcome::kAdmitted;
}

void Admission::leave(const std::optional<base::ClientKey>& client) {
  const auto state = state_.lock();
  --state->total;
  remove(*state, client);
}

bool Admission::change(std::optional<base::ClientKey>& client,
                       const std::optional<base::ClientKey>& to) {
  const auto state = state_.lock();
  remove(*state, client);
  client.reset();
  if (!add(*state, to)) return false;
  client = to;
  return true;
}

bool Admission::add(State& state, const std::optional<base::ClientKey>& client) const {
  if (!client) return true;
  std::uint32_t& count = state.by_client[*client];
  if (count >= limits_.per_client) return false;  // the entry existed before
  ++count;
  return true;
}

void Admission::remove(State& state, const std::optional<base::ClientKey>& client) {
  if (!client) return;
  const auto found = state.by_client.find(*client);
  if (--found->second == 0) state.by_client.erase(found);
}

}  // namespace tusk::clients

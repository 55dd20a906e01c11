#include "server/development/reload_streams.h"

#include <algorithm>

namespace tusk::server::development {

void ReloadStreams::announce(Reload reload) {
  ++version_;
  for (Client* const client : clients_) {
    client->reload_ = client->pending_ ? std::max(client->reload_, reload) : reload;
    client->pending_ = true;
  }
  // A client that is woken may leave.
  const std::vector<Client*> all = clients_;
  for (Client* const client : all) {
    if (std::ranges::find(clients_, client) != clients_.end())
      client->wakeup_.raise(net::Wakeup::kAnnounced);
  }
}

void ReloadStreams::end() {
  ended_ = true;
  const std::vector<Client*> all = clients_;
  for (Client* const client : all) {
    if (std::ranges::find(clients_, client) != clients_.end())
      client->wakeup_.raise(net::Wakeup::kAnnounced);
  }
}

std::string ReloadStreams::text_of(std::uint64_t version) const {
  if (process_.empty()) return {};
  return process_ + "-" + std::to_string(version);
}

ReloadStreams::Client::Client(ReloadStreams& streams, net::Wakeup& wakeup)
    : streams_(streams), wakeup_(wakeup) {
  wakeup_.lower(net::Wakeup::kAnnounced);
  admitted_ = !streams.ended_ && streams.clients_.size() < kMost;
  if (admitted_) streams.clients_.push_back(this);
}

ReloadStreams::Client::~Client() { std::erase(streams_.clients_, this); }

std::string ReloadStreams::Client::take_events() {
  std::string version = streams_.text_of(streams_.version_);
  if (version.empty()) version = "-";
  std::string events;
  if (!std::exchange(greeted_, true)) events = "retry: 500\ndata: " + version + "\n\n";
  if (std::exchange(pending_, false))
    events += "data: " + version + (reload_ == Reload::kStyles ? " styles" : " page") + "\n\n";
  return events;
}

}  // namespace tusk::server::development

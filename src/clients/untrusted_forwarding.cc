#include "clients/untrusted_forwarding.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "http/token.h"
#include "observe/log.h"

namespace tusk::clients {

namespace {

// Anyone can send such a field, so the number of warnings is limited.
constexpr std::size_t kMaxPeers = 16;

// Relaxed: a thread that sees it late checks once more.
std::atomic<bool> all_said{false};

std::string_view forwarding_field(const http::RequestHead& head) {
  for (const http::HeaderField& field : head.fields) {
    const std::string_view name = head.view(field.name);
    if (name.size() < std::string_view("forwarded").size()) continue;
    for (const std::string_view known : {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
                                         "x-forwarded-port", "forwarded"}) {
      if (http::equals_lower(name, known)) return name;
    }
  }
  return {};
}

// Returns whether the peer is new.
bool note(const std::string& peer) {
  static base::Guarded<std::vector<std::string>> peers;
  auto known = peers.lock();
  if (known->size() >= kMaxPeers || std::ranges::find(*known, peer) != known->end()) return false;
  known->push_back(peer);
  if (known->size() == kMaxPeers) all_said.store(true, std::memory_order_relaxed);
  return true;
}

}  // namespace

void warn_of_untrusted_forwarding(const http::RequestHead& head, const net::Endpoint& peer) {
  if (all_said.load(std::memory_order_relaxed)) return;
  const std::string_view field = forwarding_field(head);
  if (field.empty()) return;
  // The client of a unix socket has no address.
  const bool unix_socket = peer.address.empty() || peer.address.starts_with("unix:");
  const std::string who = unix_socket ? "unix" : peer.address;
  if (!note(who)) return;
  observe::warn(
      "a peer that is not trusted says who its client is, and is not believed: if it is "
      "your proxy, name it in trusted_proxies",
      {{"peer", who}, {"field", field}});
}

}  // namespace tusk::clients

#include "clients/untrusted_forwarding.h"

#include <algorithm>
#include <array>
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

// The client of a unix socket has no address.
std::string name_of(const net::Endpoint& peer) {
  const bool unix_socket = peer.address.empty() || peer.address.starts_with("unix:");
  return unix_socket ? "unix" : peer.address;
}

}  // namespace

void warn_of_untrusted_forwarding(const http::RequestHead& head, const net::Endpoint& peer) {
  if (all_said.load(std::memory_order_relaxed)) return;
  const std::string_view field = forwarding_field(head);
  if (field.empty()) return;
  const std::string who = name_of(peer);
  if (!note(who)) return;
  observe::warn(
      "a peer that is not trusted says who its client is, and is not believed: if it is "
      "your proxy, name it in trusted_proxies",
      {{"peer", who}, {"field", field}});
}

void warn_of_ignored_field(const http::RequestHead& head, const http::ForwardedFields& fields,
                           const net::Endpoint& peer) {
  const std::string_view field = http::ignored_field(head, fields);
  if (field.empty()) return;
  // One for X-Forwarded-Host, one for Forwarded. A flag for each, because any client can send them.
  static std::array<std::atomic<bool>, 2> said{};
  const bool is_host = field.size() > std::string_view("forwarded").size();
  if (said[is_host ? 1 : 0].exchange(true, std::memory_order_relaxed)) return;
  observe::warn(
      "a trusted proxy sends a field that trusted_headers does not list, so it is ignored: list "
      "it only if the proxy sets it itself and never passes on a client's",
      {{"peer", name_of(peer)}, {"field", field}});
}

}  // namespace tusk::clients

#include "clients/content_shares.h"

#include <algorithm>

namespace tusk::clients {

namespace {

files::ContentAmount part_of(files::ContentAmount all) {
  return {.descriptors = std::max(all.descriptors / 4, ContentShares::kLeastDescriptors),
          .bytes = all.bytes / 4};
}

}  // namespace

ContentShares::ContentShares(const files::ContentUsage& usage)
    : usage_(usage), most_(part_of(usage.limits().held)) {}

std::optional<ContentShares::Share> ContentShares::take(
    const std::optional<base::ClientKey>& client, files::ContentAmount amount) {
  Share share;
  if (!client || (amount.descriptors == 0 && amount.bytes == 0)) return share;
  const auto clients = by_client_.lock();
  files::ContentAmount& held = (*clients)[*client];
  const bool first = held.descriptors == 0 && held.bytes == 0;
  const bool too_much = held.descriptors + amount.descriptors > most_.descriptors ||
                        held.bytes + amount.bytes > most_.bytes;
  if (too_much && !first) return std::nullopt;
  held.descriptors += amount.descriptors;
  held.bytes += amount.bytes;
  share.shares_ = this;
  share.client_ = *client;
  share.amount_ = amount;
  return share;
}

void ContentShares::give_back(const base::ClientKey& client, files::ContentAmount amount) {
  const auto clients = by_client_.lock();
  const auto found = clients->find(client);
  found->second.descriptors -= amount.descriptors;
  found->second.bytes -= amount.bytes;
  if (found->second.descriptors == 0 && found->second.bytes == 0) clients->erase(found);
}

}  // namespace tusk::clients

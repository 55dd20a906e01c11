#include "files/content_usage.h"

namespace tusk::files {

bool ContentUsage::take(ContentAmount amount, Share& share) {
  const std::uint64_t descriptors = descriptors_.fetch_add(amount.descriptors) + amount.descriptors;
  const std::uint64_t bytes = bytes_.fetch_add(amount.bytes) + amount.bytes;
  Share taken(*this, amount);
  const bool too_many =
      amount.descriptors > 0 && descriptors > limits_.cached.descriptors + limits_.held.descriptors;
  const bool too_large = amount.bytes > 0 && bytes > limits_.cached.bytes + limits_.held.bytes;
  if (too_many || too_large) return false;
  share = std::move(taken);
  return true;
}

ContentUsage::Share ContentUsage::force(ContentAmount amount) {
  descriptors_.fetch_add(amount.descriptors);
  bytes_.fetch_add(amount.bytes);
  return {*this, amount};
}

bool ContentUsage::scarce() const {
  return descriptors_.load(std::memory_order_relaxed) >
             limits_.cached.descriptors + limits_.held.descriptors / 2 ||
         bytes_.load(std::memory_order_relaxed) > limits_.cached.bytes + limits_.held.bytes / 2;
}

void ContentUsage::give_back(ContentAmount amount) {
  descriptors_.fetch_sub(amount.descriptors);
  bytes_.fetch_sub(amount.bytes);
}

}  // namespace tusk::files

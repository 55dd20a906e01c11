#include "server/answers/directory_listings.h"

#include <optional>
#include <utility>

#include "files/directory_listing.h"
#include "files/listing_page.h"
#include "files/listing_sort.h"

namespace tusk::server::answers {

DirectoryListings::Made DirectoryListings::make_page(site::ListingOrder& order,
                                                     files::ContentUsage* usage) {
  std::optional<files::DirectoryListing> listing =
      files::read_directory(order.root, std::move(order.directory), order.path);
  if (!listing) return {};
  std::erase_if(listing->entries, [&](const files::ListedEntry& entry) {
    return order.denied->contains(order.path + entry.name);
  });
  files::sort_entries(*listing, order.sort);
  auto page = std::make_shared<files::Representation>();
  page->bytes = order.json ? files::listing_as_json(*listing)
                           : files::listing_as_html(order.path, *listing, order.sort);
  page->size_bytes = page->bytes.size();
  // A page may have megabytes, and a client that reads nothing may ask for a hundred at once.
  if (usage != nullptr && !usage->take({.bytes = page->size_bytes}, page->held)) {
    return {.page = nullptr, .lacks_room = true};
  }
  return {.page = std::move(page)};
}

bool DirectoryListings::join(const site::ListingOrder& order, Wait& wait) {
  for (auto& [id, pending] : pending_) {
    if (pending.root_id != order.root_id || pending.path != order.path ||
        pending.json != order.json || pending.sort != order.sort ||
        pending.begun->load(std::memory_order_acquire)) {
      continue;
    }
    pending.waits.push_back(&wait);
    return true;
  }
  return false;
}

bool DirectoryListings::make(site::ListingOrder order, Wait& wait) {
  if (join(order, wait)) return true;
  const std::uint64_t id = ++last_id_;
  Pending pending{.root_id = order.root_id,
                  .path = order.path,
                  .json = order.json,
                  .sort = order.sort,
                  .begun = std::make_shared<std::atomic<bool>>(false),
                  .waits = {&wait}};
  const bool taken =
      thread_.submit([this, id, begun = pending.begun, order = std::move(order)]() mutable {
        begun->store(true, std::memory_order_release);
        loop_.post([this, id, made = make_page(order, usage_)] { finished(id, made); });
      });
  if (taken) pending_.emplace(id, std::move(pending));
  return taken;
}

void DirectoryListings::finished(std::uint64_t id, const Made& made) {
  Pending& pending = pending_.at(id);
  // A transaction that resumes may end others that wait here, so remove them one at a time.
  while (!pending.waits.empty()) {
    Wait& wait = *pending.waits.back();
    pending.waits.pop_back();
    wait.result_ = made.page;
    wait.lacks_room_ = made.lacks_room;
    wait.done_ = true;
    wait.wakeup_.raise(net::Wakeup::kListed);
  }
  pending_.erase(id);
}

void DirectoryListings::forget(Wait& wait) {
  if (wait.done_) return;
  for (auto& [id, pending] : pending_) std::erase(pending.waits, &wait);
}

}  // namespace tusk::server::answers

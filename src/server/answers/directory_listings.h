// DirectoryListings: the directory listings that are being made.
//
// Owner: app::ServingLoop. Thread: its loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/background_thread.h"
#include "files/representation.h"
#include "net/loop.h"
#include "net/wakeup.h"
#include "site/listing_order.h"

namespace tusk::server::answers {

// Has a thread make directory listings, and wakes the transactions that wait for them. Reading a
// directory of thousands of files takes a tenth of a second, which would hold up a loop.
//
// Requests for the same listing share it until it has begun. A listing that has begun is not
// shared: it may miss a file that the later client has just seen made.
class DirectoryListings {
 public:
  // The limit for all loops together. Beyond it clients get a 503.
  static constexpr std::size_t kMaxPending = 64;

  // One transaction's wait. Raises Wakeup::kListed when it ends.
  class Wait {
   public:
    Wait(DirectoryListings& listings, net::Wakeup& wakeup) : listings_(listings), wakeup_(wakeup) {}
    ~Wait() { listings_.forget(*this); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    bool done() const { return done_; }
    // Null: the directory could not be read, or pages hold too much memory.
    const files::RepresentationRef& result() const { return result_; }
    files::RepresentationRef take_result() { return std::move(result_); }
    // Whether there is no page because clients have not taken others.
    bool lacks_room() const { return lacks_room_; }

   private:
    friend class DirectoryListings;
    DirectoryListings& listings_;
    net::Wakeup& wakeup_;
    bool done_ = false;
    bool lacks_room_ = false;
    files::RepresentationRef result_;
  };

  // `thread` must end before this object does. `usage` counts the pages until they are sent; null:
  // nobody does.
  DirectoryListings(net::Loop& loop, base::BackgroundThread& thread,
                    files::ContentUsage* usage = nullptr)
      : loop_(loop), thread_(thread), usage_(usage) {}
  DirectoryListings(const DirectoryListings&) = delete;
  DirectoryListings& operator=(const DirectoryListings&) = delete;

  // False: too many listings are pending, and `wait` has not begun.
  bool make(site::ListingOrder order, Wait& wait);

 private:
  struct Pending {
    std::uint64_t root_id = 0;
    std::string path;
    bool json = false;
    files::ListingSort sort;
    std::shared_ptr<std::atomic<bool>> begun;
    std::vector<Wait*> waits;
  };

  // A page, or why there is none.
  struct Made {
    files::RepresentationRef page;
    bool lacks_room = false;
  };

  static Made make_page(site::ListingOrder& order, files::ContentUsage* usage);
  bool join(const site::ListingOrder& order, Wait& wait);
  void finished(std::uint64_t id, const Made& made);
  void forget(Wait& wait);

  net::Loop& loop_;
  base::BackgroundThread& thread_;
  files::ContentUsage* usage_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t last_id_ = 0;
};

}  // namespace tusk::server::answers

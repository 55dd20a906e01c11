// ContentShares: limits what the responses to one client hold of the contents of files.
//
// Owner: app::Serving, one for all loops, which it outlives. Thread: the loops.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/client_key.h"
#include "base/guarded.h"
#include "files/content_usage.h"

namespace tusk::clients {

// While contents are scarce (files::ContentUsage), the responses to a client may hold a quarter of
// what all may, so that a client that reads nothing does not take the files of others. What began
// before is not counted: a request without scarcity takes no lock.
class ContentShares {
 public:
  // A client with a few pages of pictures has more than a quarter of a very small limit.
  static constexpr std::uint64_t kLeastDescriptors = 32;

  // The part of one response, which ends with this object.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : shares_(std::exchange(other.shares_, nullptr)),
          client_(other.client_),
          amount_(other.amount_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (shares_ != nullptr) shares_->give_back(client_, amount_);
    }

   private:
    friend class ContentShares;
    ContentShares* shares_ = nullptr;
    base::ClientKey client_;
    files::ContentAmount amount_;
  };

  explicit ContentShares(const files::ContentUsage& usage);
  ContentShares(const ContentShares&) = delete;
  ContentShares& operator=(const ContentShares&) = delete;

  bool scarce() const { return usage_.scarce(); }
  // Nothing: that client would hold too much. Call it while scarce().
  std::optional<Share> take(const std::optional<base::ClientKey>& client,
                            files::ContentAmount amount);

  // Clients that hold something; for tests.
  std::size_t clients() const { return by_client_.lock()->size(); }

 private:
  using Clients = std::unordered_map<base::ClientKey, files::ContentAmount, base::ClientKeyHash>;

  void give_back(const base::ClientKey& client, files::ContentAmount amount);

  const files::ContentUsage& usage_;
  const files::ContentAmount most_;
  mutable base::Guarded<Clients> by_client_;
};

}  // namespace tusk::clients

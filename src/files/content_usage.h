// ContentUsage: counts the contents of files that the cache and unfinished responses hold.
//
// Owner: app::Serving, one for all loops, which it outlives. Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace tusk::files {

struct ContentAmount {
  std::uint64_t descriptors = 0;  // of files that are open
  std::uint64_t bytes = 0;        // of contents in memory
};

// A response holds its file, open or in memory, until its client has taken it, even if the cache
// has dropped the file meanwhile. HTTP/2 has many responses in a connection, so the limit of
// connections is none of what their files hold.
class ContentUsage {
 public:
  struct Limits {
    ContentAmount cached;  // what the cache may hold
    ContentAmount held;    // what responses may hold besides
  };

  // A part of the usage, which ends with this object.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : usage_(std::exchange(other.usage_, nullptr)), amount_(other.amount_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(usage_, other.usage_);
      std::swap(amount_, other.amount_);
      return *this;
    }
    ~Share() {
      if (usage_ != nullptr) usage_->give_back(amount_);
    }

    // Null: nothing is counted.
    ContentUsage* usage() const { return usage_; }

   private:
    friend class ContentUsage;
    Share(ContentUsage& usage, ContentAmount amount) : usage_(&usage), amount_(amount) {}

    ContentUsage* usage_ = nullptr;
    ContentAmount amount_;
  };

  explicit ContentUsage(Limits limits) : limits_(limits) {}
  ContentUsage(const ContentUsage&) = delete;
  ContentUsage& operator=(const ContentUsage&) = delete;

  // False, and `share` does not change: that would exceed a limit.
  bool take(ContentAmount amount, Share& share);
  // Counts what exists already, whatever the limits.
  Share force(ContentAmount amount);

  // Responses may hold more than half of what they may, so each client must be content with a part.
  bool scarce() const;
  const Limits& limits() const { return limits_; }

 private:
  void give_back(ContentAmount amount);

  const Limits limits_;
  std::atomic<std::uint64_t> descriptors_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace tusk::files

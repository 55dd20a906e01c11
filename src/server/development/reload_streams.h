// ReloadStreams: the browsers that wait to be told that their page has changed.
//
// Owner: a loop. Thread: its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/wakeup.h"

namespace tusk::server::development {

// The kind of change.
enum class Reload : std::uint8_t {
  kStyles,  // style sheets alone: the page stays, and loads them again
  kPage,
};

// Counts the changes. A page carries the number of changes that it has seen, and learns from its
// stream how many there are now: so it misses none that happens before the stream begins, or while
// it is interrupted.
class ReloadStreams {
 public:
  static constexpr std::size_t kMost = 64;

  // `process` tells the numbers of this process from those of others. Empty: several processes
  // serve at the same time, and numbers cannot be compared.
  explicit ReloadStreams(std::string process) : process_(std::move(process)) {}
  ReloadStreams(const ReloadStreams&) = delete;
  ReloadStreams& operator=(const ReloadStreams&) = delete;

  void announce(Reload reload);
  // Ends all streams: the loop drains.
  void end();

  // Counts the changes, from one.
  std::uint64_t version() const { return version_; }
  // Empty: it cannot be compared.
  std::string text_of(std::uint64_t version) const;

  // A browser, for as long as its stream lasts.
  class Client {
   public:
    Client(ReloadStreams& streams, net::Wakeup& wakeup);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // False: there are too many.
    bool admitted() const { return admitted_; }
    // The stream is to end.
    bool ends() const { return streams_.ended_; }
    // The events that are to be sent; empty: none.
    std::string take_events();

   private:
    friend class ReloadStreams;

    ReloadStreams& streams_;
    net::Wakeup& wakeup_;
    bool admitted_ = false;
    bool greeted_ = false;
    bool pending_ = false;
    Reload reload_ = Reload::kStyles;  // if pending_
  };

 private:
  const std::string process_;
  std::uint64_t version_ = 1;
  bool ended_ = false;
  std::vector<Client*> clients_;
};

}  // namespace tusk::server::development

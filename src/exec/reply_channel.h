// ReplyChannel: where an Exchange tells that its response has changed.
//
// In the server it is a loop's ResponseChannel. In a worker process it writes the response to the
// server's memory (host/reply_outlet.h).
//
// Owner: as its class says. Thread: the worker that has the exchange.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace tusk::exec {

class Exchange;

class ReplyChannel {
 public:
  // The exchange has news, which nobody has been told of yet: Exchange::acknowledge() says which.
  virtual void post(Exchange& exchange) = 0;

  // Waits until Exchange::progress() differs from `seen`, or for `most`, or for no reason.
  virtual void await_progress(Exchange& exchange, std::uint32_t seen, base::Duration most) = 0;

  // An error ends the script. True: the channel has told the server, which notes it. False: this
  // is the server.
  virtual bool tell_fatal_error(std::string_view /*message*/) { return false; }

 protected:
  ~ReplyChannel() = default;
};

}  // namespace tusk::exec

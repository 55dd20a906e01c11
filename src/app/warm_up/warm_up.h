// WarmUp: the requests that a server process sends to itself before it accepts connections, so that
// OPcache and the application's own caches are filled when the first client comes.
//
// Owner: Serving. Thread: main; the requests are sent by a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/warm_up/warm_up_page.h"
#include "base/background_thread.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "clients/trusted_proxies.h"
#include "net/loop.h"
#include "server/server.h"
#include "server/services.h"

namespace tusk::app::warm_up {

// The requests are served as those of clients are, over a pair of sockets instead of a listener:
// one after the other, since workers share OPcache. They are neither in the access log nor counted.
// A page that fails or takes too long is a line in the log.
class WarmUp {
 public:
  // `services` are a listener's; who is trusted and what is counted is set here. `loop` and
  // `server`, which runs on it, live longer than this.
  WarmUp(net::Loop& loop, server::Server& server, server::ListenerServices services,
         std::vector<WarmUpPage> pages, base::Duration timeout);

  // Calls `done` on the loop when all pages are answered, or the time is over.
  void start(std::move_only_function<void()> done);

 private:
  void request_all();
  void request(const WarmUpPage& page, base::MonotonicTime deadline);
  void serve(base::UniqueFd socket, std::uint16_t port);

  net::Loop& loop_;
  server::Server& server_;
  const std::vector<WarmUpPage> pages_;
  const base::Duration timeout_;
  const clients::TrustedProxies self_;  // says by X-Forwarded-Proto whether a page is for https
  server::ListenerServices services_;
  base::BackgroundThread thread_{"tusk-warm-up", 1};
};

}  // namespace tusk::app::warm_up

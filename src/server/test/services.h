// TestServices: the services of a loop, for unit tests.
//
// Thread: the test's.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/background_thread.h"
#include "clients/content_shares.h"
#include "exec/lost_clients.h"
#include "exec/reply.h"
#include "files/file_cache.h"
#include "http/body.h"
#include "http/coding/policy.h"
#include "net/test_loop.h"
#include "observe/metrics.h"
#include "server/answers/directory_listings.h"
#include "server/answers/file_encodings.h"
#include "server/dispatcher.h"
#include "server/services.h"
#include "site/x_sendfile.h"

namespace tusk::server::test {

// A loop, with all that connections and transactions on it use. The test is the worker: it runs
// each script by hand.
struct TestServices {
  TestServices() = default;
  TestServices(const TestServices&) = delete;
  TestServices& operator=(const TestServices&) = delete;
  ~TestServices() {
    // After the members above, which the threads use.
    encoder.reset();
    lister.reset();
  }

  // Takes the request that waits in the queue, as a worker does. Null: none waits, or it was
  // cancelled.
  exec::Exchange* take_request() {
    EXPECT_GT(queue.depth(), 0U) << "no script is to run";
    if (queue.depth() == 0) return nullptr;
    exec::Exchange* const exchange = queue.pop();
    if (exchange->start(0, base::now())) return exchange;
    exec::Reply(*exchange, reply_limits).release();
    dispatcher.end_round();
    return nullptr;
  }
  // Runs the script that waits in the queue, to its end: script(exec::Reply&).
  template <class Script>
  void run_script(Script script) {
    exec::Exchange* const exchange = take_request();
    if (exchange == nullptr) return;
    exec::Reply reply(*exchange, reply_limits);
    script(reply);
    reply.release();
    dispatcher.end_round();
  }

  // Whether a scrape shows this line.
  bool metrics_show(const std::string& line) const {
    return observe::render_prometheus(all_metrics.snapshot({})).find("\n" + line + "\n") !=
           std::string::npos;
  }

  net::TestLoop loop;
  mutable observe::Metrics all_metrics{{}};  // a scrape publishes first
  observe::MetricsShard& metrics = all_metrics.add_shard();
  http::BodyUsage bodies;
  exec::UnsentUsage unsent;
  exec::ReplyLimits reply_limits{.spool = {.usage = &unsent}};
  exec::RequestQueue queue{1, 1};
  Dispatcher dispatcher{{{.queue = queue, .queue_timeout = std::chrono::seconds(30)}},
                        std::move(*exec::ResponseChannel::create())};
  http::coding::Policy compression = compresses_text();
  files::FileCache files{{}, files::FileLoader({.compression = compression})};
  std::optional<answers::FileEncoder> encoder{std::in_place, compression, metrics};
  answers::FileEncodings encodings{loop, files, *encoder, compression};
  std::optional<base::BackgroundThread> lister{std::in_place, "tusk-lister", 1};
  answers::DirectoryListings listings{loop, *lister};
  site::XSendfile x_sendfile;
  files::ContentUsage content_usage{{.cached = {}, .held = {.descriptors = 128, .bytes = 1 << 20}}};
  clients::ContentShares content_shares{content_usage};
  exec::LostClients lost_clients{{.per_client = 1}};
  std::vector<Connection*> ended;
  LoopServices services{
      .loop = loop, .metrics = metrics, .exchanges = dispatcher.exchanges(), .ended = ended};
  SiteServices site{.dispatcher = dispatcher,
                    .files = files,
                    .encodings = encodings,
                    .listings = listings,
                    .x_sendfile = x_sendfile,
                    .content_shares = content_shares,
                    .lost_clients = lost_clients};

 private:
  static http::coding::Policy compresses_text() {
    http::coding::Policy policy;
    policy.files = {http::ContentCoding::kGzip};
    policy.types = http::coding::MediaTypes({"text/*"});
    return policy;
  }
};

}  // namespace tusk::server::test

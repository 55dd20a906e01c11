// ServingLoop: one loop thread and its objects.
//
// Owner: Serving, one for each I/O thread. Thread: main makes it; then its own thread uses it,
// which for the first loop is main.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/background_thread.h"
#include "base/unique_fd.h"
#include "clients/content_shares.h"
#include "exec/lost_clients.h"
#include "exec/response_channel.h"
#include "files/content_usage.h"
#include "files/file_cache.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/readiness.h"
#include "observe/metrics.h"
#include "server/answers/directory_listings.h"
#include "server/answers/file_encoder.h"
#include "server/answers/file_encodings.h"
#include "server/development/development.h"
#include "server/dispatcher.h"
#include "server/server.h"
#include "site/document_router.h"
#include "site/x_sendfile.h"

namespace tusk::app {

// Holds everything that only one loop thread uses: the loop, its dispatcher to the workers, the
// router, the cache of files, the server with its connections.
class ServingLoop {
 public:
  // The parts that serve developers.
  struct DevelopmentParts {
    bool hot_reload = false;
    std::string process;  // as in server::development::ReloadStreams
    std::function<std::string()> boot_error;
  };

  struct Parts {
    std::vector<server::DispatchPool> pools;
    std::unique_ptr<exec::ResponseChannel> channel;
    std::vector<base::UniqueFd> bells;  // of worker processes
    site::Site site;
    site::XSendfile x_sendfile;
    const exec::LostClients& lost_clients;
    bool page_for_blank_failure = true;
    files::FileCache::Limits file_cache;  // of all loops together
    files::LoaderSettings file_loader;
    files::ContentUsage& content_usage;
    clients::ContentShares& content_shares;
    server::answers::FileEncoder& encoder;
    base::BackgroundThread& lister;
    const http::coding::Policy& compression;
    observe::MetricsShard& metrics;
    server::SharedServices& shared;
    server::Server::Place place;
    std::optional<DevelopmentParts> development{};
  };

  explicit ServingLoop(Parts parts);
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;

  net::Loop& loop() { return loop_; }
  server::Server& server() { return server_; }
  site::Router& documents() { return documents_; }
  // For listeners of the site.
  const server::SiteServices& services() const { return services_; }
  // After the loop has ended.
  std::size_t lost() const { return server_.lost(); }
  bool drain_failed() const { return server_.drain_failed(); }

  // Runs the loop on the caller's thread until it has drained.
  void run() {
    server_.start();
    loop_.run(server_);
  }
  // Runs the loop on a thread of its own. Call join() after drain().
  void start();
  void join();

  // On the loop's thread.
  void drain_here(server::DrainTimes times);
  // From any thread, while the loop runs.
  void drain(server::DrainTimes times);
  void reload_pages(server::development::Reload reload);

 private:
  void await_bell(net::Readiness& bell);

  net::Loop loop_;
  server::Dispatcher dispatcher_;
  files::FileCache files_;
  server::answers::FileEncodings encodings_;
  server::answers::DirectoryListings listings_;
  site::DocumentRouter documents_;
  site::XSendfile x_sendfile_;
  std::optional<server::development::ReloadStreams> reload_;  // with hot_reload only
  std::optional<server::development::Development> development_;
  const server::SiteServices services_;
  server::Server server_;
  std::vector<std::unique_ptr<net::Readiness>> bells_;
  std::thread thread_;
};

}  // namespace tusk::app

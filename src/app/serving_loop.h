// ServingLoop: what one loop thread has of its own: the loop, the way to the workers and back, the
// router, the files that it remembers, the server with its connections.
//
// Owner: the app, one for each of IO_THREADS. Thread: made by main; then its own, which for the
// first is main.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "base/background_thread.h"
#include "exec/lost_clients.h"
#include "exec/request_queue.h"
#include "exec/response_channel.h"
#include "files/file_cache.h"
#include "net/listener.h"
#include "net/loop.h"
#include "observe/metrics.h"
#include "server/answers/directory_listings.h"
#include "server/answers/file_encoder.h"
#include "server/answers/file_encodings.h"
#include "server/dispatcher.h"
#include "server/server.h"
#include "site/document_router.h"
#include "site/x_sendfile.h"

namespace tusk::app {

class ServingLoop {
 public:
  struct Parts {
    exec::RequestQueue& queue;
    std::unique_ptr<exec::ResponseChannel> channel;
    site::Site site;
    site::XSendfile x_sendfile;
    const exec::LostClients& lost_clients;
    files::FileCache::Limits file_cache;  // of all loops together
    files::LoaderSettings file_loader;
    server::answers::FileEncoder& encoder;
    base::BackgroundThread& lister;
    const http::coding::Policy& compression;
    observe::MetricsShard& metrics;
    server::SharedServices& shared;
    server::Server::Place place;
  };

  explicit ServingLoop(Parts parts);
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;

  net::Loop& loop() { return loop_; }
  server::Server& server() { return server_; }
  site::Router& documents() { return documents_; }
  // Once the loop has ended.
  std::size_t lost() const { return server_.lost(); }
  bool drain_failed() const { return server_.drain_failed(); }

  // Runs it on the caller's thread, until it has drained.
  void run() {
    server_.start();
    loop_.run(server_);
  }
  // Runs it on a thread of its own, to be joined once a drain was asked for.
  void start();
  void join();

  // Any thread, while it runs.
  void drain(base::Duration patience);

 private:
  net::Loop loop_;
  server::Dispatcher dispatcher_;
  files::FileCache files_;
  server::answers::FileEncodings encodings_;
  server::answers::DirectoryListings listings_;
  site::DocumentRouter documents_;
  site::XSendfile x_sendfile_;
  server::Server server_;
  std::thread thread_;
};

}  // namespace tusk::app

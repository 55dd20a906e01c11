// CertificateWatch: takes up certificates that have changed on disk, while connections go on.
//
// Owner: the app. Thread: the main loop. It reads some small files there when one has changed, and
// asks for their state every second.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/tls_store.h"
#include "observe/metrics.h"

namespace tusk::app {

class CertificateWatch {
 public:
  CertificateWatch(boost::asio::io_context& io, net::TlsStore& store,
                   observe::MetricsShard& metrics)
      : timer_(io), store_(store), metrics_(metrics) {}

  void start();

 private:
  void look();

  boost::asio::steady_timer timer_;
  net::TlsStore& store_;
  observe::MetricsShard& metrics_;
};

}  // namespace tusk::app

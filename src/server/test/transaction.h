// TransactionTest: the fixture of Transaction's unit tests.
//
// Thread: the test's.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "http/h1/request_parser.h"
#include "server/test/fake_sink.h"
#include "server/test/services.h"
#include "server/transaction.h"

namespace tusk::server::test {

// A router whose route the test sets.
class TestRouter final : public site::Router {
 public:
  site::Route& route(const site::RoutedRequest& request) override {
    route_.clear();
    decide(route_, request);
    return route_;
  }
  site::ErrorPages* error_pages() override { return pages; }

  // Routes to a script until the test sets another.
  std::function<void(site::Route&, const site::RoutedRequest&)> decide =
      [](site::Route& route, const site::RoutedRequest&) {
        route.kind = site::Route::Kind::kScript;
        route.answered_by = observe::AnsweredBy::kPhp;
        route.document_root = "/srv";
        route.script_name = "/index.php";
      };
  site::ErrorPages* pages = nullptr;

 private:
  site::Route route_;
};

// One Transaction with its services, whose client, router and worker are the test.
class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() { listener_.limits.body_spool.usage = &services_.bodies; }

  // Returns the result of Transaction::begin() for a request without a body.
  int begin(std::string_view first_line = "GET / HTTP/1.1", std::string_view fields = "") {
    http::h1::RequestParser parser({});
    std::string text(first_line);
    text.append("\r\nHost: example.org\r\n").append(fields).append("\r\n");
    EXPECT_EQ(parser.parse(text).event, http::h1::RequestParser::Event::kHead);
    transaction_.set_received(base::now());
    return transaction_.begin(parser.head());
  }
  // Starts to answer the request, up to the first wait for a worker, a thread or the client.
  void respond() { run_respond(); }
  void refuse(int status) { run_refuse(status); }
  void ask(std::string_view first_line = "GET / HTTP/1.1", std::string_view fields = "") {
    EXPECT_EQ(begin(first_line, fields), 0);
    respond();
  }
  // Runs handlers of the loop until the answer has ended.
  void run_until_done() {
    while (!done_) services_.loop.run_one();
  }

  TestServices services_;
  TestRouter router_;
  ListenerServices listener_{.answers = services_.site, .router = router_, .limits = {}};
  ConnectionFacts connection_{.peer = {"192.0.2.1", 4711}, .local = {"127.0.0.1", 80}};
  net::Wakeup wakeup_;
  FakeSink sink_{wakeup_};
  Transaction transaction_{services_.services, listener_, connection_, wakeup_, sink_};
  bool done_ = false;
  bool sent_ = false;  // what respond() or refuse() has returned

 private:
  base::Detached run_respond() {
    done_ = false;
    sent_ = co_await transaction_.respond();
    done_ = true;
  }
  base::Detached run_refuse(int status) {
    done_ = false;
    sent_ = co_await transaction_.refuse(status);
    done_ = true;
  }
};

}  // namespace tusk::server::test

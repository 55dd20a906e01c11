#include "server/telemetry/request_record.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "observe/access/access_log.h"
#include "observe/captured_output.h"
#include "observe/log.h"
#include "observe/tracing/span_queue.h"
#include "server/telemetry/telemetry.h"
#include "server/test/transaction.h"

namespace tusk::server::telemetry {
namespace {

using observe::tracing::RequestTrace;

class RequestRecordTest : public test::TransactionTest {
 protected:
  RequestRecordTest() {
    listener_.telemetry = &telemetry_;
    router_.decide = [this](site::Route& route, const site::RoutedRequest&) {
      if (status_ == 200) {
        route.body = "hello";
      } else {
        route.kind = site::Route::Kind::kError;
        route.error_status = status_;
      }
    };
  }

  Telemetry telemetry_;
  int status_ = 200;
};

class AccessLogTest : public RequestRecordTest {
 protected:
  AccessLogTest() {
    listener_.access_log = true;
    observe::init({});
    observe::init_access_log(
        {.enabled = true, .format = base::access::parse_access_format("common").value()});
  }
  ~AccessLogTest() override { observe::init_access_log({}); }

  std::vector<std::string> lines() {
    EXPECT_TRUE(observe::flush(std::chrono::seconds(20)));
    return errors_.lines();
  }

  observe::CapturedOutput errors_{STDERR_FILENO};
};

TEST_F(AccessLogTest, ARequestIsALine) {
  ask("GET /a?b HTTP/1.1");
  const std::vector<std::string> all = lines();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].starts_with("192.0.2.1 ")) << all[0];
  EXPECT_TRUE(all[0].ends_with("\"GET /a?b HTTP/1.1\" 200 5")) << all[0];
}

TEST_F(AccessLogTest, ExcludedPathsAndTheRestOfASampleAreLeftOut) {
  const std::array<std::string, 1> health{"/health"};
  telemetry_.access_excluded = *rules::PathList::compile(health, rules::PathList::Extent::kBeneath);
  telemetry_.access_slow = std::chrono::hours(1);
  ask("GET /he%61lth HTTP/1.1");
  EXPECT_EQ(lines().size(), 0U);
  ask("GET /other HTTP/1.1");
  EXPECT_EQ(lines().size(), 1U);
  telemetry_.access_sample = 0;
  ask("GET /other HTTP/1.1");
  EXPECT_EQ(lines().size(), 1U);
  telemetry_.access_slow = {};
  ask("GET /other HTTP/1.1");
  EXPECT_EQ(lines().size(), 2U) << "a slow one is always there";
}

TEST_F(AccessLogTest, ErrorsOfTheServerAreAlwaysThere) {
  const std::array<std::string, 1> all{"/"};
  telemetry_.access_excluded = *rules::PathList::compile(all, rules::PathList::Extent::kBeneath);
  status_ = 404;
  ask();
  EXPECT_EQ(lines().size(), 0U);
  status_ = 503;
  ask();
  EXPECT_EQ(lines().size(), 1U);
}

class SpansTest : public RequestRecordTest {
 protected:
  SpansTest() {
    telemetry_.traces = Telemetry::Traces::kFromAnyone;
    telemetry_.spans = &spans_;
  }
  std::vector<RequestTrace> exported() {
    spans_.close();
    return spans_.take();
  }

  observe::tracing::SpanQueue spans_;
};

TEST_F(SpansTest, ASampledRequestIsExportedWithoutItsQuery) {
  ask("GET /a?secret HTTP/1.1", "User-Agent: curl\r\n");
  const std::vector<RequestTrace> all = exported();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].method, "GET");
  EXPECT_EQ(all[0].path, "/a");
  EXPECT_EQ(all[0].host, "example.org");
  EXPECT_EQ(all[0].client_address, "192.0.2.1");
  EXPECT_EQ(all[0].user_agent, "curl");
  EXPECT_EQ(all[0].protocol_version, "1.1");
  EXPECT_EQ(all[0].status, 200);
  EXPECT_EQ(all[0].body_bytes_sent, 5U);
  EXPECT_EQ(all[0].span_count(), 1U) << "no script has run";
  EXPECT_LE(all[0].begin, all[0].end);
}

TEST_F(SpansTest, OthersAreNot) {
  telemetry_.trace_sample = 0;
  ask();
  EXPECT_TRUE(exported().empty());
}

TEST_F(SpansTest, TheTimeInTheQueueIsASpan) {
  router_.decide = [](site::Route& route, const site::RoutedRequest&) {
    route.kind = site::Route::Kind::kScript;
    route.document_root = "/srv";
    route.script_name = "/index.php";
  };
  ask();
  services_.run_script([](exec::Reply& reply) { reply.write("hello"); });
  ASSERT_TRUE(done_);
  const std::vector<RequestTrace> all = exported();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].script, "/srv/index.php");
  EXPECT_EQ(all[0].worker, 0U);
  ASSERT_TRUE(all[0].queue);
  EXPECT_LE(all[0].queue->begin, all[0].queue->end);
}

TEST_F(SpansTest, WhatFindsNoRoomIsCounted) {
  spans_.close();
  ask();
  EXPECT_TRUE(services_.metrics_show("tusk_trace_spans_dropped_total 1"));
}

}  // namespace
}  // namespace tusk::server::telemetry

// How http1::Connection frames a response and sends it (sending.cc).

#include <string>
#include <string_view>

#include "exec/response_store.h"
#include "server/test/http1_fixture.h"
#include "server/write_progress.h"

namespace tusk::server::http1 {
namespace {

class Http1SendingTest : public test::Http1Fixture {
 protected:
  // Runs a script for a request of this version: script(exec::Reply&).
  template <class Script>
  void run(std::string_view version, Script script) {
    router_.script = "/index.php";
    start();
    client_->client_sends("GET /a " + std::string(version) + "\r\nHost: x\r\n\r\n");
    shared_.run_script(script);
  }
  void write_in_two(exec::Reply& reply) {
    reply.write("one ");
    reply.flush();
    shared_.dispatcher.end_round();
    reply.write("three");
  }
};

TEST_F(Http1SendingTest, SendsNoBodyToHead) {
  start();
  client_->client_sends("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(sent("Content-Length: 5\r\n"));
  EXPECT_TRUE(client_->sent.ends_with("\r\n\r\n"));
}

TEST_F(Http1SendingTest, WaitsForAClientThatReadsSlowly) {
  router_.body = std::string(1000, 'x');
  start();
  client_->client_stalls();
  client_->client_sends(test::kHttp1Request);
  EXPECT_TRUE(client_->sent.empty());
  client_->client_takes(100);
  EXPECT_EQ(client_->sent.size(), 100U);
  client_->client_takes(100'000);
  EXPECT_TRUE(client_->sent.ends_with(router_.body));
  EXPECT_FALSE(client_->aborted);
}

TEST_F(Http1SendingTest, AbortsAClientThatReadsNothing) {
  start();
  client_->client_stalls();
  client_->client_sends(test::kHttp1Request);
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::seconds(1));
  connection_->expire();  // the kernel is asked for the first time
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.write_timeout);
  EXPECT_FALSE(client_->aborted);
  connection_->expire();
  EXPECT_TRUE(client_->aborted);
}

TEST_F(Http1SendingTest, AResponseThatIsBrokenOffDoesNotWaitForItsClient) {
  router_.script = "/index.php";
  start();
  client_->client_sends(test::kHttp1Request);
  exec::Exchange* const exchange = shared_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, shared_.reply_limits);
  client_->client_stalls();
  reply.write("begin");
  reply.flush();
  shared_.dispatcher.end_round();
  EXPECT_LT(connection_->deadline(), base::MonotonicTime::max()) << "it waits for the client";
  exchange->close_for(exec::WaitReason::kStoreFull);
  shared_.dispatcher.end_round();
  EXPECT_TRUE(client_->aborted);
  reply.release();
  shared_.dispatcher.end_round();
}

TEST_F(Http1SendingTest, ABodyOfUnknownLengthIsChunked) {
  run("HTTP/1.1", [this](exec::Reply& reply) {
    reply.write("one ");
    reply.flush();
    shared_.dispatcher.end_round();
    EXPECT_EQ(body(), "4\r\none \r\n") << "the client need not wait for the end of the chunk";
    reply.write("three");
  });
  EXPECT_TRUE(sent("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(body(), "4\r\none \r\n5\r\nthree\r\n0\r\n\r\n");
  EXPECT_FALSE(client_->closed);
}

TEST_F(Http1SendingTest, AnEmptyEndOfABodyIsOneChunk) {
  run("HTTP/1.1", [this](exec::Reply& reply) {
    reply.write("one");
    reply.flush();
    shared_.dispatcher.end_round();
  });
  EXPECT_EQ(body(), "3\r\none\r\n0\r\n\r\n");
}

TEST_F(Http1SendingTest, ABodyForHttp10EndsWithItsConnection) {
  run("HTTP/1.0", [this](exec::Reply& reply) { write_in_two(reply); });
  EXPECT_FALSE(sent("chunked"));
  EXPECT_EQ(body(), "one three");
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1SendingTest, ALengthThatTheScriptAnnouncesNeedsNoChunks) {
  run("HTTP/1.1", [this](exec::Reply& reply) {
    reply.head().add("Content-Length", "9");
    write_in_two(reply);
  });
  EXPECT_EQ(body(), "one three");
  EXPECT_FALSE(client_->closed);
}

TEST_F(Http1SendingTest, AnInterimResponseIsForHttp11Only) {
  const auto hints = [](exec::Reply& reply) {
    http::ResponseHead head;
    head.status = 103;
    head.add("Link", "</a.css>");
    reply.interim(head);
    reply.write("hello");
  };
  run("HTTP/1.1", hints);
  EXPECT_EQ(status_line(), "HTTP/1.1 103 Early Hints");
  EXPECT_TRUE(sent("\r\n\r\nHTTP/1.1 200 OK\r\n"));
  client_->client_closes();
  ended_.clear();
  run("HTTP/1.0", hints);
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK");
}

TEST_F(Http1SendingTest, APieceInAFileIsAChunkToo) {
  shared_.reply_limits.spool.memory_bytes = 0;
  run("HTTP/1.1", [this](exec::Reply& reply) { write_in_two(reply); });
  EXPECT_EQ(client_->sent_from_files, 4U);
  EXPECT_EQ(body(), "4\r\none \r\n5\r\nthree\r\n0\r\n\r\n");
}

TEST_F(Http1SendingTest, AFileIsSentAtTheClientsPace) {
  shared_.reply_limits.spool.memory_bytes = 0;
  router_.script = "/index.php";
  start();
  client_->client_sends(test::kHttp1Request);
  client_->client_stalls();
  const std::string content(20'000, 'x');
  shared_.run_script([&](exec::Reply& reply) { reply.write(content); });
  EXPECT_TRUE(client_->sent.empty());
  client_->client_takes(1000);
  EXPECT_EQ(client_->sent.size(), 1000U);
  client_->client_takes(100'000);
  EXPECT_EQ(body(), content);
  EXPECT_FALSE(client_->aborted);
}

TEST_F(Http1SendingTest, AStoreThatIsNearlyFullGivesASlowClientLessTime) {
  exec::ResponseStore store(
      {.limits = {.memory_bytes = 0, .disk_bytes = 30'000, .usage = &shared_.unsent}}, nullptr);
  shared_.reply_limits.spool = {.memory_bytes = 0, .disk_bytes = 30'000, .usage = &shared_.unsent};
  shared_.reply_limits.store = &store;
  router_.script = "/index.php";
  start();
  client_->client_sends(test::kHttp1Request);
  client_->client_stalls();
  shared_.run_script([](exec::Reply& reply) { reply.write(std::string(20'000, 'x')); });
  ASSERT_TRUE(store.is_nearly_full());
  connection_->expire();  // the kernel is asked for the first time
  EXPECT_EQ(connection_->deadline(), loop_.now() + WriteProgress::kStoredWait);
  EXPECT_LT(WriteProgress::kStoredWait, listener_.limits.write_timeout);
  connection_->expire();
  EXPECT_TRUE(client_->aborted);
  EXPECT_EQ(value_of(observe::Metric::kResponsesClosed), 1U);
}

}  // namespace
}  // namespace tusk::server::http1

// How ScriptAnswer sends a script's response (script_reply.cc).

#include <string>

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "server/answers/script_answer.h"
#include "server/test/transaction.h"

namespace tusk::server::answers {
namespace {

class ScriptReplyTest : public test::TransactionTest {
 protected:
  // Larger than what a response may hold without being counted.
  const std::string large_ = std::string(20'000, 'x');
};

TEST_F(ScriptReplyTest, AResponseInPiecesLeavesAsItIsWritten) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("one ");
  reply.flush();
  services_.dispatcher.end_round();
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.body, "one ");
  EXPECT_FALSE(sink_.ended);
  EXPECT_EQ(transaction_.unsent(), 0U);
  reply.write("two ");
  reply.flush();
  reply.write("three");
  reply.release();
  services_.dispatcher.end_round();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "one two three");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(ScriptReplyTest, FewerBytesThanAnnouncedAreBrokenOff) {
  ask();
  services_.run_script([](exec::Reply& reply) {
    reply.head().add("Content-Length", "100");
    reply.write("begin");
    reply.flush();
  });
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_EQ(sink_.body, "begin");
  EXPECT_FALSE(sink_.ended);
}

TEST_F(ScriptReplyTest, MoreBytesThanAnnouncedAreDropped) {
  ask();
  services_.run_script([](exec::Reply& reply) {
    reply.head().add("Content-Length", "5");
    reply.write("begin");
    reply.flush();
    reply.write(" and more");
  });
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "begin");
}

TEST_F(ScriptReplyTest, ATruncatedResponseIsBrokenOff) {
  ask();
  services_.run_script([](exec::Reply& reply) {
    reply.write("begin");
    reply.flush();
    reply.fail(500);
  });
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_EQ(sink_.body, "begin");
  EXPECT_FALSE(sink_.ended);
}

TEST_F(ScriptReplyTest, AHeadRequestSendsNoBody) {
  ask("HEAD / HTTP/1.1");
  services_.run_script([](exec::Reply& reply) { reply.write("hello"); });
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(ScriptReplyTest, TheServersOwnErrorReplacesTheScripts) {
  ask();
  services_.run_script([](exec::Reply& reply) {
    reply.write("half a page");
    reply.fail(504);
  });
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 504);
  EXPECT_EQ(sink_.body.find("half a page"), std::string::npos);
}

TEST_F(ScriptReplyTest, AFatalErrorWithoutOutputGetsThePageOfItsStatus) {
  ask();
  services_.run_script([](exec::Reply& reply) {
    reply.head().status = 500;
    reply.head().add("X-Script", "1");
    reply.head().add("ETag", "\"x\"");
    reply.set_fatal_error();
  });
  EXPECT_EQ(sink_.head.status, 500);
  EXPECT_FALSE(sink_.body.empty());
  EXPECT_EQ(sink_.head.find("X-Script"), "1");
  EXPECT_FALSE(sink_.head.contains("ETag"));
}

// What the client gets of a script that ends with this status and no output.
class BlankFailureTest : public ScriptReplyTest {
 protected:
  using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

  std::string body_of(int status, const Fields& fields = {},
                      std::string_view request = "GET / HTTP/1.1") {
    ask(request);
    services_.run_script([&](exec::Reply& reply) {
      reply.head().status = status;
      for (const auto& [name, value] : fields) reply.head().add(name, value);
    });
    EXPECT_TRUE(sent_);
    EXPECT_EQ(sink_.head.status, status);
    return sink_.body;
  }
};

TEST_F(BlankFailureTest, GetsThePage) {
  EXPECT_NE(body_of(500).find("Internal Server Error"), std::string::npos);
  EXPECT_NE(body_of(500, {{"Content-Type", "Text/HTML; charset=UTF-8"}}), "");
  EXPECT_NE(body_of(500, {{"X-Script", "1"}}), "");
  EXPECT_EQ(sink_.head.find("X-Script"), "1");
}

TEST_F(BlankFailureTest, StaysEmptyIfThatIsMeant) {
  EXPECT_EQ(body_of(500, {{"Content-Length", "0"}}), "");
  EXPECT_EQ(body_of(500, {{"Content-Type", "application/json"}}), "");
  EXPECT_EQ(body_of(500, {{"Content-Type", "text/htmlx"}}), "");
  for (const int status : {200, 204, 404, 501, 503}) EXPECT_EQ(body_of(status), "") << status;
}

TEST_F(BlankFailureTest, StaysEmptyForAClientThatTakesNoPage) {
  EXPECT_EQ(body_of(500, {}, "GET / HTTP/1.1\r\nAccept: image/png"), "");
  EXPECT_EQ(body_of(500, {}, "GET / HTTP/1.1\r\nAccept: text/event-stream"), "");
  EXPECT_NE(body_of(500, {}, "GET / HTTP/1.1\r\nAccept: */*"), "");
  EXPECT_NE(body_of(500, {}, "GET / HTTP/1.1\r\nAccept: application/json").find("\"status\":500"),
            std::string::npos);
}

TEST_F(BlankFailureTest, TheHeadOfAHeadRequestIsTheScripts) {
  EXPECT_EQ(body_of(500, {{"Content-Type", "text/html"}}, "HEAD / HTTP/1.1"), "");
  EXPECT_EQ(sink_.length, std::nullopt) << "the script may write something to a GET request";
}

TEST_F(ScriptReplyTest, ALengthIsSentIfItIsKnown) {
  ask();
  services_.run_script([](exec::Reply& reply) { reply.write("hello"); });
  EXPECT_EQ(sink_.length, 5U);
  ask("HEAD / HTTP/1.1");
  services_.run_script([](exec::Reply& reply) { reply.write("hello"); });
  EXPECT_EQ(sink_.length, std::nullopt) << "the script of a HEAD request may write less";
  ask();
  services_.run_script([](exec::Reply& reply) {
    reply.write("one ");
    reply.flush();
    reply.write("two");
  });
  EXPECT_EQ(sink_.length, std::nullopt) << "the head left before the end was known";
  EXPECT_EQ(sink_.body, "one two");
}

TEST_F(ScriptReplyTest, PiecesInFilesAreSentFromThere) {
  services_.reply_limits.spool.memory_bytes = 0;
  ask();
  services_.run_script([this](exec::Reply& reply) {
    reply.write("one ");
    reply.flush();
    reply.write(large_);
    reply.flush();
    reply.write(" three");
  });
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "one " + large_ + " three");
  EXPECT_EQ(sink_.from_files, 4 + large_.size());
  EXPECT_TRUE(sink_.ended);
  EXPECT_EQ(services_.unsent.disk_bytes, 0U) << "the files are gone";
}

TEST_F(ScriptReplyTest, AWholeResponseInAFileHasALength) {
  services_.reply_limits.spool.memory_bytes = 0;
  ask();
  services_.run_script([this](exec::Reply& reply) { reply.write(large_); });
  EXPECT_EQ(sink_.length, large_.size());
  EXPECT_EQ(sink_.from_files, large_.size());
  EXPECT_TRUE(sink_.ended);
}

TEST_F(ScriptReplyTest, AFileTakesThePlaceOfTheScriptsOutput) {
  const files::TempTree tree;
  tree.write("a.txt", "from the file");
  site::XSendfile::Settings settings;
  settings.sendfile_roots = {tree.root().string()};
  auto opened = site::XSendfile::open(settings);
  ASSERT_TRUE(opened) << opened.error().message;
  services_.x_sendfile = std::move(*opened);
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.head().add("X-Sendfile", (tree.root() / "a.txt").string());
  reply.head().add("X-Script", "1");
  reply.write("of the script");
  reply.flush();
  services_.dispatcher.end_round();
  EXPECT_TRUE(sent_) << "it does not wait for the script";
  EXPECT_EQ(sink_.body, "from the file");
  EXPECT_EQ(sink_.head.find("X-Script"), "1");
  EXPECT_FALSE(sink_.head.contains("X-Sendfile"));
  EXPECT_TRUE(reply.client_gone()) << "the script's output is dropped";
  reply.release();
  services_.dispatcher.end_round();
}

TEST_F(ScriptReplyTest, AClientThatLeavesMeanwhileEndsTheResponse) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("begin");
  reply.flush();
  services_.dispatcher.end_round();
  EXPECT_FALSE(done_);
  sink_.client_leaves();
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_TRUE(reply.client_gone());
  reply.release();
  services_.dispatcher.end_round();
}

TEST_F(ScriptReplyTest, AClientThatHasFinishedSendingStillGetsTheRest) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("begin ");
  reply.flush();
  services_.dispatcher.end_round();
  sink_.client_finishes_sending();
  EXPECT_FALSE(done_);
  reply.write("end");
  reply.release();
  services_.dispatcher.end_round();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "begin end");
}

TEST_F(ScriptReplyTest, AWorkerThatIsLostAfterTheHeadBreaksTheResponseOff) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("begin");
  reply.flush();
  services_.dispatcher.end_round();
  exchange->abandon(504);
  services_.dispatcher.end_round();
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_EQ(sink_.head.status, 200) << "the head had left";
  EXPECT_FALSE(sink_.ended);
}

}  // namespace
}  // namespace tusk::server::answers

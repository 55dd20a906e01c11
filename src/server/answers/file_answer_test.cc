#include "server/answers/file_answer.h"

#include <string>

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "http/coding/test_decoder.h"
#include "server/test/transaction.h"

namespace tusk::server::answers {
namespace {

class FileAnswerTest : public test::TransactionTest {
 protected:
  FileAnswerTest() {
    router_.decide = [this](site::Route& route, const site::RoutedRequest& request) {
      const std::string path(request.head.view(request.head.path));
      const files::FileCache::Answer found = services_.files.open(root_, path);
      ASSERT_NE(found.file, nullptr) << path;
      files::respond_with_file(request.head, *found.file, files::FileRequest::kByUrl, 0,
                               route.response);
      route.answered_by = observe::AnsweredBy::kStatic;
      route.file = found.file;
      route.root = root_.id();
      route.path = path;
    };
  }

  files::TempTree tree_;
  files::DocumentRoot root_ = tree_.open();
};

TEST_F(FileAnswerTest, AFileIsSentWhole) {
  tree_.write("a.txt", "hello");
  ask("GET /a.txt HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.body, "hello");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(FileAnswerTest, ALargeFileIsSentFromItsDescriptor) {
  const std::string content(1'000'000, 'x');
  tree_.write("a.bin", content);
  ask("GET /a.bin HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, content);
  EXPECT_TRUE(sink_.ended);
  EXPECT_TRUE(services_.metrics_show(R"(tusk_requests_total{handler="static",class="2xx"} 1)"));
}

TEST_F(FileAnswerTest, APartOfAFile) {
  tree_.write("a.txt", "hello");
  ask("GET /a.txt HTTP/1.1", "Range: bytes=1-3\r\n");
  EXPECT_EQ(sink_.head.status, 206);
  EXPECT_EQ(sink_.body, "ell");
}

TEST_F(FileAnswerTest, AHeadRequestGetsNoByte) {
  tree_.write("a.txt", "hello");
  ask("HEAD /a.txt HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.body, "");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(FileAnswerTest, AFileIsCompressedForAClientThatTakesIt) {
  const std::string content(100'000, 'x');
  tree_.write("a.txt", content);
  ask("GET /a.txt HTTP/1.1", "Accept-Encoding: gzip\r\n");
  EXPECT_FALSE(done_) << "it waits for the encoder";
  run_until_done();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.find("Content-Encoding"), "gzip");
  EXPECT_EQ(http::coding::decoded(http::ContentCoding::kGzip, sink_.body), content);
  ask("GET /a.txt HTTP/1.1", "Accept-Encoding: gzip\r\n");
  EXPECT_TRUE(done_) << "the cache has kept it";
  EXPECT_EQ(sink_.head.find("Content-Encoding"), "gzip");
}

TEST_F(FileAnswerTest, AClientMayLeaveWhileItsFileIsCompressed) {
  tree_.write("a.txt", std::string(100'000, 'x'));
  ask("GET /a.txt HTTP/1.1", "Accept-Encoding: gzip\r\n");
  sink_.client_leaves();
  run_until_done();
  EXPECT_FALSE(sent_);
}

TEST_F(FileAnswerTest, AClientThatHoldsMuchGets503WhileContentsAreScarce) {
  tree_.write("a.bin", std::string(100'000, 'x'));
  ask("GET /a.bin HTTP/1.1");
  EXPECT_EQ(sink_.head.status, 200);
  const auto others = services_.content_usage.force({.descriptors = 65});
  ASSERT_TRUE(services_.content_shares.scarce());
  ask("GET /a.bin HTTP/1.1");
  EXPECT_EQ(sink_.head.status, 200) << "this client holds nothing";
  const auto held =
      services_.content_shares.take(base::client_key("192.0.2.1"), {.descriptors = 32});
  ask("GET /a.bin HTTP/1.1");
  EXPECT_EQ(sink_.head.status, 503);
}

TEST_F(FileAnswerTest, AResponseWithoutABodyIsItsHead) {
  router_.decide = [](site::Route& route, const site::RoutedRequest&) {
    route.response.head.status = 204;
    route.response.head.add("Allow", "GET");
  };
  ask("OPTIONS / HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 204);
  EXPECT_EQ(sink_.head.find("Allow"), "GET");
  EXPECT_TRUE(sink_.ended);
}

}  // namespace
}  // namespace tusk::server::answers

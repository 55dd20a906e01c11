#include "server/answers/error_answer.h"

#include <string>

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "http/coding/test_decoder.h"
#include "server/test/transaction.h"
#include "site/error_pages.h"

namespace tusk::server::answers {
namespace {

class ErrorAnswerTest : public test::TransactionTest {
 protected:
  ErrorAnswerTest() {
    router_.pages = &pages_;
    router_.decide = [](site::Route& route, const site::RoutedRequest&) {
      route.kind = site::Route::Kind::kError;
      route.error_status = 404;
      route.document_root = "/srv";
      route.response.head.add("X-Route", "1");
    };
  }

  files::TempTree tree_;
  site::ErrorPages pages_{tree_.root().string()};
};

TEST_F(ErrorAnswerTest, ABuiltInPage) {
  ask();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 404);
  EXPECT_EQ(sink_.head.find("X-Route"), "1");
  EXPECT_NE(sink_.body.find("404"), std::string::npos);
}

TEST_F(ErrorAnswerTest, TheSitesPage) {
  tree_.write("404.html", "not here");
  ask();
  EXPECT_EQ(sink_.head.status, 404);
  EXPECT_EQ(sink_.body, "not here");
}

TEST_F(ErrorAnswerTest, TheSitesPageIsCompressedOnceForAll) {
  const std::string page(5000, 'x');
  tree_.write("404.html", page);
  for (const bool first : {true, false}) {
    ask("GET / HTTP/1.1", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(done_, !first);
    if (first) run_until_done();
    EXPECT_EQ(sink_.head.status, 404);
    EXPECT_EQ(http::coding::decoded(http::ContentCoding::kGzip, sink_.body), page);
  }
}

TEST_F(ErrorAnswerTest, AScriptMakesThePage) {
  tree_.write("404.php", "<?php");
  ask("GET /missing HTTP/1.1");
  services_.run_script([&](exec::Reply& reply) {
    const exec::Job& job = reply.exchange().job;
    EXPECT_EQ(job.redirect_status, 404);
    EXPECT_EQ(job.view(job.script_filename), tree_.root().string() + "/404.php");
    EXPECT_EQ(job.view(job.document_root), "/srv");
    reply.head().status = 404;
    reply.write("made");
  });
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 404);
  EXPECT_EQ(sink_.body, "made");
  EXPECT_TRUE(services_.metrics_show(R"(tusk_requests_total{handler="php",class="4xx"} 1)"));
}

TEST_F(ErrorAnswerTest, RequestsThatCouldNotBeReadRunNoScript) {
  tree_.write("4xx.php", "<?php");
  refuse(400);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 400);
  EXPECT_EQ(services_.queue.depth(), 0U);
}

}  // namespace
}  // namespace tusk::server::answers

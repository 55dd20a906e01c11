#include "server/answers/listing_answer.h"

#include <latch>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "server/test/transaction.h"

namespace tusk::server::answers {
namespace {

class ListingAnswerTest : public test::TransactionTest {
 protected:
  ListingAnswerTest() {
    tree_.write("docs/a.txt");
    router_.decide = [this](site::Route& route, const site::RoutedRequest&) {
      files::FoundFile found = root_.open_directory("/docs/");
      route.kind = site::Route::Kind::kListing;
      route.response.head.add("Content-Type", "text/html; charset=utf-8");
      route.order.emplace(site::ListingOrder{root_.id(),
                                             std::move(*root_.duplicate()),
                                             std::move(found.fd),
                                             "/docs/",
                                             false,
                                             {},
                                             &denied_});
    };
  }

  files::TempTree tree_;
  files::DocumentRoot root_ = tree_.open();
  rules::PathList denied_;
};

TEST_F(ListingAnswerTest, IsMadeOnAThreadAndSent) {
  ask();
  EXPECT_FALSE(done_);
  run_until_done();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_NE(sink_.body.find("a.txt"), std::string::npos);
  EXPECT_TRUE(sink_.ended);
}

TEST_F(ListingAnswerTest, MoreThanMayWaitAre503) {
  std::latch held(1);
  std::latch go_on(1);
  ASSERT_TRUE(services_.lister->submit([&] {
    held.count_down();
    go_on.wait();
  }));
  held.wait();
  ASSERT_TRUE(services_.lister->submit([] {}));  // fills the queue, which has one place
  ask();
  EXPECT_TRUE(done_);
  EXPECT_EQ(sink_.head.status, 503);
  go_on.count_down();
  services_.lister.reset();  // the latches end here
}

TEST_F(ListingAnswerTest, ADirectoryThatCannotBeReadIs500) {
  router_.decide = [this](site::Route& route, const site::RoutedRequest&) {
    route.kind = site::Route::Kind::kListing;
    route.order.emplace(site::ListingOrder{root_.id(),
                                           std::move(*root_.duplicate()),
                                           base::UniqueFd(),
                                           "/docs/",
                                           false,
                                           {},
                                           &denied_});
  };
  ask();
  run_until_done();
  EXPECT_EQ(sink_.head.status, 500);
}

}  // namespace
}  // namespace tusk::server::answers

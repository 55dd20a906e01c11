#include "server/answers/later_answer.h"

#include <latch>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/background_thread.h"
#include "server/test/transaction.h"

namespace tusk::server::answers {
namespace {

// A request for a page of the internal server. The thread has one place in its queue.
class LaterAnswerTest : public test::TransactionTest {
 protected:
  LaterAnswerTest() {
    listener_.stages = internal_stages();
    router_.decide = [this](site::Route& route, const site::RoutedRequest&) {
      route.kind = site::Route::Kind::kLater;
      route.response.head.add("Content-Type", "text/plain");
      route.later.begin = [this](site::LaterBody::Done done) {
        return thread_->submit([done = std::move(done)]() mutable { done("made"); });
      };
    };
  }

  // Keeps the thread busy, until go_on_ is counted down.
  void hold_thread() {
    std::latch held(1);
    ASSERT_TRUE(thread_->submit([&] {
      held.count_down();
      go_on_.wait();
    }));
    held.wait();
  }

  std::latch go_on_{1};
  std::unique_ptr<base::BackgroundThread> thread_ =
      std::make_unique<base::BackgroundThread>("tusk-observer", 1);
};

TEST_F(LaterAnswerTest, TheBodyIsMadeOnAThreadAndSent) {
  ask();
  EXPECT_FALSE(done_);
  run_until_done();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.head.find("Content-Type"), "text/plain");
  EXPECT_EQ(sink_.body, "made");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(LaterAnswerTest, MoreThanMayWaitAre503) {
  hold_thread();
  ASSERT_TRUE(thread_->submit([] {}));
  ask();
  EXPECT_TRUE(done_);
  EXPECT_EQ(sink_.head.status, 503);
  go_on_.count_down();
  thread_.reset();
}

TEST_F(LaterAnswerTest, AListingThatIsMadeMeanwhileIsNotTakenForTheBody) {
  hold_thread();
  ask();
  wakeup_.raise(net::Wakeup::kListed);
  EXPECT_FALSE(done_);
  go_on_.count_down();
  run_until_done();
  EXPECT_EQ(sink_.body, "made");
}

}  // namespace
}  // namespace tusk::server::answers

#include "server/answers/directory_listings.h"

#include <latch>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "files/temp_tree.h"
#include "net/test_loop.h"

namespace tusk::server::answers {
namespace {

constexpr std::size_t kMaxPending = 2;

class DirectoryListingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.write("docs/a.txt");
    tree_.write("docs/secret.key");
    tree_.make_directory("other");
  }
  void TearDown() override { thread_.reset(); }

  site::ListingOrder order(const std::string& path, bool json = true) {
    files::FoundFile found = root_.open_directory(path);
    EXPECT_EQ(found.outcome, files::LookupOutcome::kDirectory);
    return {root_.id(), std::move(*root_.duplicate()), std::move(found.fd), path, json, {},
            &denied_};
  }

  // The thread does nothing else until `go_on_` is counted down.
  void hold_thread() {
    ASSERT_TRUE(thread_->submit([this] {
      held_.count_down();
      go_on_.wait();
    }));
    held_.wait();
  }

  void run_until_done(const DirectoryListings::Wait& wait) {
    while (!wait.done()) loop_.run_one();
  }

  files::TempTree tree_;
  files::DocumentRoot root_ = tree_.open();
  rules::PathList denied_ = *rules::PathList::compile(std::initializer_list<std::string>{"*.key"},
                                                      rules::PathList::Extent::kBeneath);
  std::latch held_{1};
  std::latch go_on_{1};
  net::TestLoop loop_;
  net::Wakeup wakeup_;
  std::optional<base::BackgroundThread> thread_{std::in_place, "tusk-lister", kMaxPending};
  DirectoryListings listings_{loop_, *thread_};
};

TEST_F(DirectoryListingsTest, TheLoopGoesOnMeanwhile) {
  hold_thread();
  DirectoryListings::Wait wait(listings_, wakeup_);
  ASSERT_TRUE(listings_.make(order("/docs/"), wait));
  int others = 0;
  for (int i = 0; i < 3; ++i) loop_.post([&] { ++others; });
  loop_.run_ready();
  EXPECT_EQ(others, 3);
  EXPECT_FALSE(wait.done());
  go_on_.count_down();
  run_until_done(wait);
  ASSERT_NE(wait.result(), nullptr);
  EXPECT_NE(wait.result()->bytes.find("a.txt"), std::string::npos);
  EXPECT_EQ(wait.result()->bytes.find("secret.key"), std::string::npos);
  EXPECT_EQ(wait.result()->size_bytes, wait.result()->bytes.size());
}

TEST_F(DirectoryListingsTest, OneThatHasNotBegunIsShared) {
  hold_thread();
  DirectoryListings::Wait first(listings_, wakeup_);
  DirectoryListings::Wait second(listings_, wakeup_);
  DirectoryListings::Wait page(listings_, wakeup_);
  ASSERT_TRUE(listings_.make(order("/docs/"), first));
  tree_.write("docs/new.txt");
  ASSERT_TRUE(listings_.make(order("/docs/"), second));
  ASSERT_TRUE(listings_.make(order("/docs/", false), page));
  go_on_.count_down();
  run_until_done(page);
  EXPECT_EQ(first.result(), second.result());
  EXPECT_NE(second.result()->bytes.find("new.txt"), std::string::npos);
  EXPECT_NE(page.result()->bytes.find("<html"), std::string::npos);
  // And made anew for who asks later.
  tree_.write("docs/later.txt");
  DirectoryListings::Wait third(listings_, wakeup_);
  ASSERT_TRUE(listings_.make(order("/docs/"), third));
  run_until_done(third);
  EXPECT_NE(third.result()->bytes.find("later.txt"), std::string::npos);
}

TEST_F(DirectoryListingsTest, MoreThanMayWaitAreRefused) {
  hold_thread();
  DirectoryListings::Wait first(listings_, wakeup_);
  DirectoryListings::Wait second(listings_, wakeup_);
  DirectoryListings::Wait shared(listings_, wakeup_);
  DirectoryListings::Wait refused(listings_, wakeup_);
  EXPECT_TRUE(listings_.make(order("/docs/"), first));
  EXPECT_TRUE(listings_.make(order("/other/"), second));
  EXPECT_TRUE(listings_.make(order("/other/"), shared));
  EXPECT_FALSE(listings_.make(order("/"), refused));
  go_on_.count_down();
  run_until_done(shared);
  EXPECT_FALSE(refused.done());
}

TEST_F(DirectoryListingsTest, WhoHasLeftIsNotLookedFor) {
  hold_thread();
  DirectoryListings::Wait stays(listings_, wakeup_);
  {
    DirectoryListings::Wait leaves(listings_, wakeup_);
    ASSERT_TRUE(listings_.make(order("/docs/"), leaves));
  }
  ASSERT_TRUE(listings_.make(order("/docs/"), stays));
  go_on_.count_down();
  run_until_done(stays);
  EXPECT_NE(stays.result(), nullptr);
}

TEST_F(DirectoryListingsTest, TheEndDoesNotWaitForThoseThatHaveNotBegun) {
  hold_thread();
  DirectoryListings::Wait wait(listings_, wakeup_);
  ASSERT_TRUE(listings_.make(order("/docs/"), wait));
  go_on_.count_down();
  thread_.reset();
  loop_.run_ready();
}

TEST_F(DirectoryListingsTest, PagesThatClientsHaveNotTakenAreLimited) {
  files::ContentUsage usage({.cached = {}, .held = {.bytes = 1000}});
  DirectoryListings listings(loop_, *thread_, &usage);
  files::ContentUsage::Share others;
  ASSERT_TRUE(usage.take({.bytes = 1000}, others));
  DirectoryListings::Wait refused(listings, wakeup_);
  ASSERT_TRUE(listings.make(order("/docs/"), refused));
  run_until_done(refused);
  EXPECT_EQ(refused.result(), nullptr);
  EXPECT_TRUE(refused.lacks_room());
  others = {};
  DirectoryListings::Wait made(listings, wakeup_);
  ASSERT_TRUE(listings.make(order("/docs/"), made));
  run_until_done(made);
  ASSERT_NE(made.result(), nullptr);
  EXPECT_FALSE(made.lacks_room());
}

}  // namespace
}  // namespace tusk::server::answers

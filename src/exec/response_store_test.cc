#include "exec/response_store.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exec/request_queue.h"
#include "exec/response_channel.h"

namespace tusk::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kMiB = 1 << 20;

// Stored responses, and a clock that the test sets.
class ResponseStoreTest : public ::testing::Test {
 protected:
  struct Response {
    Exchange exchange;
    SpoolQuota quota;
    UnsentShare share;
  };

  void SetUp() override { channel_ = std::move(*ResponseChannel::create()); }

  std::unique_ptr<Response> response(std::string_view client, std::uint64_t unsent) {
    auto made = std::make_unique<Response>();
    made->exchange.prepare();
    made->exchange.channel = channel_.get();
    made->exchange.job.origin.client_address = made->exchange.job.store(client);
    made->quota = store_.enter(made->exchange, now_);
    made->exchange.add_unsent(unsent);
    return made;
  }
  void queue_one() {
    waiting_.channel = channel_.get();
    ASSERT_TRUE(queue_.try_push(waiting_));
  }
  static bool closed(const Response& response) { return response.exchange.cancelled(); }

  UnsentUsage usage_;
  RequestQueue queue_{10, 1};
  ResponseStore store_{{.limits = {.memory_bytes = 100 * kMiB,
                                   .disk_bytes = 100 * kMiB,
                                   .files = 40,
                                   .usage = &usage_},
                        .client_percent = 10,
                        .workers = 4},
                       &queue_};
  std::unique_ptr<ResponseChannel> channel_;
  Exchange waiting_;
  base::MonotonicTime now_ = base::MonotonicTime{} + seconds(1000);
};

TEST_F(ResponseStoreTest, AClientHasItsShareAndNobodyElses) {
  const auto one = response("192.0.2.1", 0);
  const auto two = response("192.0.2.1", 0);
  const auto other = response("192.0.2.2", 0);
  EXPECT_EQ(store_.clients(), 2U);
  EXPECT_EQ(one->share.grow_disk(6 * kMiB, one->quota), Reservation::kGranted);
  EXPECT_EQ(two->share.grow_disk(6 * kMiB, two->quota), Reservation::kClientShare)
      << "together too much";
  EXPECT_EQ(two->share.grow_disk(4 * kMiB, two->quota), Reservation::kGranted);
  EXPECT_EQ(other->share.grow_disk(6 * kMiB, other->quota), Reservation::kGranted);
  one->share.clear();
  EXPECT_EQ(two->share.grow_disk(6 * kMiB, two->quota), Reservation::kGranted);
}

// Each takes a descriptor, be it for a few bytes.
TEST_F(ResponseStoreTest, TheNumberOfFilesIsLimited) {
  const auto one = response("192.0.2.1", 1);
  const auto other = response("192.0.2.2", 1);
  std::vector<UnsentShare> files(41);
  const auto add = [&](std::size_t i, const Response& of) { return files[i].add_file(of.quota); };
  for (std::size_t i = 0; i < 32; ++i) ASSERT_EQ(add(i, *one), Reservation::kGranted);
  EXPECT_EQ(add(32, *one), Reservation::kClientShare);
  for (std::size_t i = 32; i < 40; ++i) ASSERT_EQ(add(i, *other), Reservation::kGranted);
  EXPECT_EQ(add(40, *other), Reservation::kStoreFull);
  files.clear();
  EXPECT_EQ(usage_.files, 0U);
  EXPECT_EQ(one->quota.client->files, 0U);
}

TEST_F(ResponseStoreTest, WhoHasTooManyFilesLosesAResponse) {
  const auto one = response("192.0.2.1", 1);
  const auto two = response("192.0.2.1", 1);
  const auto other = response("192.0.2.2", 1);
  std::vector<UnsentShare> files(33);
  for (UnsentShare& file : files) file.force_file(one->quota);
  store_.make_room_for(two->exchange, WaitReason::kClientShare, now_ + seconds(1));
  EXPECT_TRUE(closed(*one));
  EXPECT_FALSE(closed(*other));
}

TEST_F(ResponseStoreTest, ANetworkOfIPv6IsOneClientAndUnixSocketsAreNone) {
  const auto one = response("2001:db8:1:2::1", 0);
  const auto two = response("2001:db8:1:2:ffff::1", 0);
  EXPECT_EQ(store_.clients(), 1U);
  EXPECT_EQ(one->quota.client, two->quota.client);
  const auto unknown = response("", 0);
  EXPECT_EQ(unknown->share.grow_disk(90 * kMiB, unknown->quota), Reservation::kGranted);
  Exchange proxied;
  proxied.job.origin.client_address = proxied.job.store("192.0.2.9");
  proxied.job.origin.sharing = http::RequestOrigin::Sharing::kManyClients;
  EXPECT_EQ(store_.enter(proxied, now_).client, nullptr);
}

// An exchange is recycled for other clients.
TEST_F(ResponseStoreTest, AShareIsOfWhoTookItLast) {
  const auto one = response("192.0.2.1", 0);
  const auto other = response("192.0.2.2", 0);
  UnsentShare share;
  EXPECT_EQ(share.grow_memory(6 * kMiB, one->quota), Reservation::kGranted);
  share.clear();
  EXPECT_EQ(share.grow_memory(5 * kMiB, other->quota), Reservation::kGranted);
  EXPECT_EQ(one->quota.client->memory_bytes, 0U);
  EXPECT_EQ(other->quota.client->memory_bytes, 5 * kMiB);
  share.clear();
  EXPECT_EQ(other->quota.client->memory_bytes, 0U);
}

// Others may have filled the disk, and freed space since.
TEST_F(ResponseStoreTest, ADiskThatWasFullIsAskedAgain) {
  const auto one = response("192.0.2.1", 0);
  usage_.disk_capacity = 0;
  store_.renew(one->quota);
  one->quota.memory_bytes = 0;
  ResponseSpool spool;
  Piece piece;
  EXPECT_EQ(spool.append("abc", one->quota, piece), Reservation::kStoreFull);
  store_.renew(one->quota);
  one->quota.memory_bytes = 0;
  EXPECT_EQ(spool.append("abc", one->quota, piece), Reservation::kGranted);
}

TEST_F(ResponseStoreTest, NothingIsKnownOfWhoHasNothing) {
  auto one = response("192.0.2.1", 0);
  store_.forget(one->exchange);
  EXPECT_EQ(store_.responses(), 0U);
  const auto two = response("192.0.2.2", 0);
  EXPECT_EQ(store_.clients(), 1U) << "the first is not remembered";
}

TEST_F(ResponseStoreTest, TheSlowestMakesRoomWhereRequestsWait) {
  const auto slow = response("192.0.2.1", 50 * kMiB);
  const auto quick = response("192.0.2.2", 50 * kMiB);
  now_ += seconds(20);
  quick->exchange.consumed(45 * kMiB);
  const auto mine = response("192.0.2.3", kMiB);
  store_.begin_wait(mine->exchange, now_);
  store_.judge(mine->exchange, WaitReason::kStoreFull, now_);
  EXPECT_FALSE(closed(*slow)) << "nobody waits for a worker";
  queue_one();
  store_.judge(mine->exchange, WaitReason::kStoreFull, now_);
  EXPECT_TRUE(closed(*slow));
  EXPECT_EQ(slow->exchange.closed_for(), WaitReason::kStoreFull);
  EXPECT_TRUE(slow->exchange.is_posted()) << "its loop is told";
  store_.judge(mine->exchange, WaitReason::kStoreFull, now_ + milliseconds(20));
  EXPECT_FALSE(closed(*quick) || closed(*mine)) << "room is on its way";
}

TEST_F(ResponseStoreTest, OfMoreThanHalfOfTheWorkersTheSlowestWaitsNoLonger) {
  std::vector<std::unique_ptr<Response>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(response("192.0.2." + std::to_string(i), 64 * kMiB));
    now_ += seconds(1);
    store_.begin_wait(all.back()->exchange, now_);
  }
  all[0]->exchange.add_unsent(100 * kMiB);
  all[0]->exchange.consumed(100 * kMiB);  // it was first, and its client has taken much
  queue_one();
  now_ += milliseconds(60);
  store_.judge(all[2]->exchange, WaitReason::kResponseLimit, now_);
  EXPECT_FALSE(closed(*all[1])) << "a worker may take what has just come";
  now_ += milliseconds(20);
  store_.judge(all[2]->exchange, WaitReason::kResponseLimit, now_);
  EXPECT_TRUE(closed(*all[1]));
  EXPECT_FALSE(closed(*all[0]) || closed(*all[2]));
  store_.judge(all[2]->exchange, WaitReason::kResponseLimit, now_);
  EXPECT_FALSE(closed(*all[0]) || closed(*all[2])) << "two of four may wait";
}

TEST_F(ResponseStoreTest, WorkersOfAnotherPoolAreNotFreed) {
  RequestQueue other_queue{10, 1};
  ResponseStore store({.limits = {.memory_bytes = 100 * kMiB, .usage = &usage_}, .workers = 4},
                      {{.queue = &queue_, .workers = 2}, {.queue = &other_queue, .workers = 2}});
  std::vector<std::unique_ptr<Exchange>> all;
  const auto add = [&](std::uint16_t pool) {
    Exchange& exchange = *all.emplace_back(std::make_unique<Exchange>());
    exchange.prepare();
    exchange.channel = channel_.get();
    exchange.job.pool = pool;
    store.enter(exchange, now_);
    exchange.add_unsent(kMiB);
    store.begin_wait(exchange, now_);
  };
  for (const int pool : {0, 0, 1}) add(static_cast<std::uint16_t>(pool));
  queue_one();  // for pool 0
  const auto judge = [&](Exchange& exchange) {
    store.judge(exchange, WaitReason::kResponseLimit, now_);
  };
  for (int i = 0; i < 3; ++i) {
    now_ += milliseconds(60);
    judge(*all[2]);
  }
  EXPECT_FALSE(all[0]->cancelled() || all[1]->cancelled() || all[2]->cancelled())
      << "no request waits for this pool";
  for (int i = 0; i < 3; ++i) {
    now_ += milliseconds(60);
    judge(*all[1]);
  }
  EXPECT_TRUE(all[0]->cancelled() != all[1]->cancelled()) << "half of two may wait";
  EXPECT_FALSE(all[2]->cancelled());
  for (const auto& exchange : all) store.forget(*exchange);
}

TEST_F(ResponseStoreTest, AClientThatTakesSomethingMayWaitAgain) {
  const auto one = response("192.0.2.1", 10 * kMiB);
  store_.begin_wait(one->exchange, now_);
  for (int i = 0; i < 10; ++i) {
    now_ += seconds(20);
    one->exchange.consumed(1000);
    store_.judge(one->exchange, WaitReason::kClientShare, now_);
    ASSERT_FALSE(closed(*one));
  }
  now_ += seconds(30);
  store_.judge(one->exchange, WaitReason::kClientShare, now_);
  EXPECT_TRUE(closed(*one));
}

TEST_F(ResponseStoreTest, WhoFillsHisShareMakesUpForItHimself) {
  const auto his = response("192.0.2.1", 5 * kMiB);
  const auto others = response("192.0.2.2", 50 * kMiB);
  now_ += seconds(60);
  const auto page = response("192.0.2.1", 0);
  store_.make_room_for(page->exchange, WaitReason::kClientShare, now_);
  EXPECT_FALSE(closed(*his)) << "nobody waits for a worker";
  queue_one();
  store_.make_room_for(page->exchange, WaitReason::kClientShare, now_);
  EXPECT_TRUE(closed(*his));
  EXPECT_FALSE(closed(*others) || closed(*page));
  store_.make_room_for(page->exchange, WaitReason::kStoreFull, now_);
  EXPECT_TRUE(closed(*others));
}

}  // namespace
}  // namespace tusk::exec

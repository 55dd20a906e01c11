#include "exec/reply.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "exec/response_channel.h"

namespace tusk::exec {
namespace {

// Plays the loop's side of one exchange.
class ReplyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    channel_ = std::move(*ResponseChannel::create());
    exchange_.prepare();
    exchange_.channel = channel_.get();
  }

  ReplyLimits limited(ReplyLimits limits) {
    limits.spool.usage = &usage_;
    return limits;
  }

  // The bits that the loop sees; 0 if nothing was posted.
  std::uint32_t news() {
    std::uint32_t bits = 0;
    channel_->drain([&](Exchange& exchange) { bits |= exchange.acknowledge(); });
    return bits;
  }

  // Takes the pieces as the loop does, and reports them as sent.
  std::string take_pieces() {
    std::vector<Piece> pieces;
    pieces.swap(exchange_.stream.lock()->pieces);
    std::string bytes;
    for (Piece& piece : pieces) {
      if (piece.in_file()) {
        std::string part(piece.file_length, '\0');
        EXPECT_EQ(::pread(piece.file->fd.get(), part.data(), part.size(),
                          static_cast<off_t>(piece.file_offset)),
                  static_cast<ssize_t>(part.size()));
        bytes += part;
        ++spooled_;
        on_disk_ += piece.file->on_disk ? 1 : 0;
      } else {
        bytes += piece.bytes;
      }
      const std::uint64_t size = piece.size();
      piece = {};
      exchange_.consumed(size);
    }
    return bytes;
  }

  // Writes `count` numbers on a worker's thread, and takes them as the loop does. All must arrive,
  // and never more than `most` of them wait.
  void expect_all_with_less_than(std::uint64_t most, const ReplyLimits& limits, int count) {
    std::string expected;
    std::thread worker([&] {
      Reply reply(exchange_, limits);
      for (int i = 0; i < count; ++i) {
        const std::string text = std::to_string(i) + ",";
        expected += text;
        EXPECT_TRUE(reply.write(text));
        // The limit, plus what was in the buffer when it was reached.
        EXPECT_LE(exchange_.unsent_bytes(), most + 200U);
      }
      reply.release();
    });
    std::string got;
    std::uint32_t bits = 0;
    while ((bits & Exchange::kReleased) == 0) {
      bits |= news();
      got += take_pieces();
      std::this_thread::yield();
    }
    worker.join();
    got += take_pieces();
    got += exchange_.tail;
    EXPECT_EQ(got, expected);
  }

  UnsentUsage usage_;
  std::unique_ptr<ResponseChannel> channel_;
  Exchange exchange_;
  int spooled_ = 0;
  int on_disk_ = 0;
};

TEST_F(ReplyTest, ASmallResponseArrivesWholeAndOnce) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 1024, .memory_bytes = 4096, .spool_bytes = 65536});
  Reply reply(exchange_, limits);
  reply.head().status = 201;
  EXPECT_TRUE(reply.write("Hello "));
  EXPECT_TRUE(reply.write("World"));
  EXPECT_EQ(news(), 0U) << "an echo costs the loop nothing";
  reply.release();
  const std::uint32_t bits = news();
  EXPECT_TRUE((bits & Exchange::kHeadReady) != 0);
  EXPECT_TRUE((bits & Exchange::kFinished) != 0);
  EXPECT_TRUE((bits & Exchange::kReleased) != 0);
  EXPECT_EQ(exchange_.head.status, 201);
  EXPECT_EQ(exchange_.tail, "Hello World");
  EXPECT_EQ(exchange_.unsent_bytes(), 0U);
  EXPECT_EQ(news(), 0U);
}

TEST_F(ReplyTest, FlushSendsTheHeadEvenWithoutABody) {
  const ReplyLimits limits = limited({});
  Reply reply(exchange_, limits);
  EXPECT_TRUE(reply.flush());
  EXPECT_EQ(news() & (Exchange::kHeadReady | Exchange::kFinished), Exchange::kHeadReady);
  reply.release();
}

TEST_F(ReplyTest, MoreThanTheMemoryLimitGoesThroughTheSpoolInOrder) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 100, .memory_bytes = 250, .spool_bytes = 100'000});
  Reply reply(exchange_, limits);
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    expected += line;
    ASSERT_TRUE(reply.write(line));
  }
  reply.release();
  std::string got = take_pieces();
  got += exchange_.tail;
  EXPECT_EQ(got, expected);
  EXPECT_GT(spooled_, 0);
  EXPECT_EQ(exchange_.unsent_bytes(), 0U);
}

// For pieces in memory and pieces in files.
TEST_F(ReplyTest, BytesThatAreFlushedOneByOneMakeFewPieces) {
  constexpr int kBytes = 100'000;
  for (const std::uint64_t memory : {std::uint64_t{1'000'000}, std::uint64_t{1}}) {
    const ReplyLimits limits = limited({.memory_bytes = memory});
    exchange_.prepare();
    Reply reply(exchange_, limits);
    std::string expected;
    for (int i = 0; i < kBytes; ++i) {
      expected.push_back(static_cast<char>('a' + i % 26));
      ASSERT_TRUE(reply.write(std::string_view(expected).substr(expected.size() - 1)));
      ASSERT_TRUE(reply.flush());
    }
    std::size_t held = 0;
    {
      const auto shared = exchange_.stream.lock();
      EXPECT_LE(shared->pieces.size(), 4U);
      for (const Piece& piece : shared->pieces)
        held += piece.in_file() ? 0 : piece.bytes.capacity();
    }
    if (memory > kBytes) {
      EXPECT_EQ(usage_.memory_bytes, held);
    }
    EXPECT_EQ(take_pieces(), expected);
    EXPECT_EQ(exchange_.unsent_bytes(), 0U);
    reply.release();
    news();
    EXPECT_EQ(usage_.memory_bytes, 0U) << "all is given back";
  }
}

TEST_F(ReplyTest, OneHugeWriteIsCutIntoPieces) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 1000, .memory_bytes = 10'000, .spool_bytes = 1'000'000});
  Reply reply(exchange_, limits);
  std::string huge(123'456, 'x');
  for (std::size_t i = 0; i < huge.size(); i += 7) huge[i] = static_cast<char>('a' + i % 26);
  ASSERT_TRUE(reply.write(huge));
  reply.release();
  EXPECT_EQ(reply.body_bytes(), huge.size());
  std::string got = take_pieces();
  got += exchange_.tail;
  EXPECT_EQ(got, huge);
}

TEST_F(ReplyTest, PastTheMemoryOfAllResponsesOutputGoesToDisk) {
  const ReplyLimits limits = limited({.buffer_bytes = 1000,
                                      .memory_bytes = 100'000,
                                      .spool_bytes = 1'000'000,
                                      .spool = {.memory_bytes = 4000, .disk_bytes = 1'000'000}});
  const std::string output(20'000, 'x');
  {
    Reply reply(exchange_, limits);
    ASSERT_TRUE(reply.write(output));
    reply.release();
    EXPECT_LE(usage_.memory_bytes, 4000U);
    EXPECT_GE(usage_.disk_bytes, 15'000U);
  }
  EXPECT_EQ(take_pieces() + exchange_.tail, output);
  EXPECT_GT(on_disk_, 0);
  exchange_.prepare();
  EXPECT_EQ(usage_.memory_bytes, 0U);
  EXPECT_EQ(usage_.disk_bytes, 0U);
}

TEST_F(ReplyTest, ALargeResponseIsCountedUntilItIsSent) {
  const ReplyLimits limits = limited({});
  Reply reply(exchange_, limits);
  EXPECT_TRUE(reply.write(std::string(100'000, 'x')));
  reply.release();
  EXPECT_EQ(exchange_.tail.size(), 100'000U);
  EXPECT_EQ(usage_.memory_bytes, 100'000U);
  exchange_.prepare();
  EXPECT_EQ(usage_.memory_bytes, 0U);
}

TEST_F(ReplyTest, ACompleteResponseGoesToDiskAsAWhole) {
  const ReplyLimits limits = limited({.spool = {.memory_bytes = 50'000, .disk_bytes = 1'000'000}});
  const std::string output(100'000, 'x');
  Reply reply(exchange_, limits);
  EXPECT_TRUE(reply.write(output));
  reply.release();
  EXPECT_TRUE(exchange_.spilled);
  EXPECT_EQ(exchange_.unsent_bytes(), output.size());
  EXPECT_EQ(take_pieces() + exchange_.tail, output);
  EXPECT_EQ(on_disk_, 1);
}

TEST_F(ReplyTest, WithoutRoomOnDiskAResponseStaysInMemory) {
  const ReplyLimits limits = limited({.spool = {.memory_bytes = 50'000, .disk_bytes = 50'000}});
  const std::string output(100'000, 'x');
  Reply reply(exchange_, limits);
  EXPECT_TRUE(reply.write(output));
  reply.release();
  EXPECT_FALSE(exchange_.spilled);
  EXPECT_EQ(exchange_.tail, output);
  EXPECT_EQ(usage_.disk_bytes, 0U);
}

// sendfile() leaves a file's own pages with the socket, so they must not change.
TEST_F(ReplyTest, WhatWasInTheSpoolIsNeverWrittenAnew) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 100, .memory_bytes = 100, .spool_bytes = 1'000'000});
  Reply reply(exchange_, limits);
  ASSERT_TRUE(reply.write(std::string(1001, 'x')));
  std::vector<Piece> sent;
  sent.swap(exchange_.stream.lock()->pieces);
  ASSERT_TRUE(sent.back().in_file());
  for (const Piece& piece : sent) exchange_.consumed(piece.size());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(reply.write(std::string(1001, 'y')));
    take_pieces();
  }
  reply.release();
  for (const Piece& piece : sent) {
    if (!piece.in_file()) continue;
    std::string part(piece.file_length, '\0');
    ASSERT_EQ(::pread(piece.file->fd.get(), part.data(), part.size(),
                      static_cast<off_t>(piece.file_offset)),
              static_cast<ssize_t>(part.size()));
    EXPECT_EQ(part, std::string(part.size(), 'x'));
  }
}

TEST_F(ReplyTest, TheScriptWaitsForItsClientPastTheSpool) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 100, .memory_bytes = 200, .spool_bytes = 1000});
  expect_all_with_less_than(1000, limits, 5000);
}

TEST_F(ReplyTest, TheLoopCanGiveTheScriptLessRoom) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 100, .memory_bytes = 10'000, .spool_bytes = 100'000});
  exchange_.limit_unsent(500);
  expect_all_with_less_than(500, limits, 3000);
}

TEST_F(ReplyTest, AScriptThatWaitsGoesOnWhenItsRoomIsGivenBack) {
  const ReplyLimits limits =
      limited({.buffer_bytes = 100, .memory_bytes = 10'000, .spool_bytes = 100'000});
  exchange_.limit_unsent(100);
  std::thread worker([&] {
    Reply reply(exchange_, limits);
    EXPECT_TRUE(reply.write(std::string(5000, 'x')));
    reply.release();
  });
  while (!exchange_.waits_for_client()) std::this_thread::yield();
  exchange_.limit_unsent(Exchange::kUnlimited);
  worker.join();
  EXPECT_EQ(take_pieces().size() + exchange_.tail.size(), 5000U);
}

TEST_F(ReplyTest, CancelEndsAWaitAndDiscardsTheRest) {
  const ReplyLimits limits = limited({.buffer_bytes = 10, .memory_bytes = 20, .spool_bytes = 100});
  std::atomic<bool> refused{false};
  std::thread worker([&] {
    Reply reply(exchange_, limits);
    while (reply.write("0123456789")) {
    }
    refused = true;
    reply.release();
  });
  exchange_.cancel();
  worker.join();
  EXPECT_TRUE(refused.load());
  EXPECT_TRUE((news() & Exchange::kReleased) != 0);
}

TEST_F(ReplyTest, InterimResponsesThatNobodyTakesAreLimited) {
  const ReplyLimits limits = limited({});
  Reply reply(exchange_, limits);
  const auto send = [&](std::size_t bytes) {
    http::ResponseHead hints;
    hints.status = 103;
    hints.add("Link", std::string(bytes, 'x'));
    reply.interim(std::move(hints));
    return exchange_.stream.lock()->interim.size();
  };
  for (std::size_t i = 0; i < Reply::kMaxInterim; ++i) EXPECT_EQ(send(10), i + 1);
  EXPECT_EQ(send(10), Reply::kMaxInterim) << "too many";
  exchange_.stream.lock()->interim.clear();
  EXPECT_EQ(send(Reply::kMaxInterimBytes), 0U) << "too long";
  EXPECT_EQ(send(Reply::kMaxInterimBytes / 2), 1U);
  EXPECT_EQ(send(Reply::kMaxInterimBytes / 2), 1U) << "too long together";
  reply.release();
}

TEST_F(ReplyTest, NothingIsWrittenAfterTheEnd) {
  const ReplyLimits limits = limited({});
  Reply reply(exchange_, limits);
  reply.write("all");
  reply.finish();
  EXPECT_EQ(news() & (Exchange::kFinished | Exchange::kReleased), Exchange::kFinished);
  EXPECT_TRUE(reply.write("late"));
  EXPECT_TRUE(reply.flush());
  EXPECT_EQ(exchange_.tail, "all");
  reply.release();
  EXPECT_TRUE((news() & Exchange::kReleased) != 0);
}

TEST_F(ReplyTest, AWaitingRequestIsCancelledAndARunningOneIsNot) {
  EXPECT_TRUE(exchange_.cancel_if_waiting());
  EXPECT_FALSE(exchange_.start(0, base::now()));
  Exchange running;
  EXPECT_TRUE(running.start(0, base::now()));
  EXPECT_FALSE(running.cancel_if_waiting());
}

TEST(ResponseChannel, WakesOnlyALoopThatSleeps) {
  auto channel = std::move(*ResponseChannel::create());
  Exchange exchange;
  exchange.prepare();
  exchange.channel = channel.get();
  const auto woken = [&] {
    std::uint64_t count = 0;
    return ::read(channel->wake_fd(), &count, sizeof count) == sizeof count;
  };
  exchange.publish(Exchange::kHeadReady);
  EXPECT_FALSE(woken());
  EXPECT_FALSE(channel->prepare_to_sleep()) << "there is news";
  EXPECT_EQ(channel->drain([](Exchange& e) { e.acknowledge(); }), 1U);
  EXPECT_TRUE(channel->prepare_to_sleep());
  exchange.publish(Exchange::kFinished);
  EXPECT_TRUE(woken());
  channel->awake();
}

TEST(ResponseChannel, DeliversOldestFirst) {
  auto channel = std::move(*ResponseChannel::create());
  Exchange exchanges[3];
  for (std::uint64_t i = 0; i < 3; ++i) {
    exchanges[i].channel = channel.get();
    exchanges[i].key = i;
    exchanges[i].publish(Exchange::kHeadReady);
  }
  std::vector<std::uint64_t> order;
  channel->drain([&](Exchange& exchange) { order.push_back(exchange.key); });
  EXPECT_EQ(order, (std::vector<std::uint64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace tusk::exec

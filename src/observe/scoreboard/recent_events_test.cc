#include "observe/scoreboard/recent_events.h"

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/scoreboard/scoreboard.h"

namespace tusk::observe::inline scoreboard {
namespace {

using testing::ElementsAre;

std::vector<std::string> messages(const std::vector<EventView>& events) {
  std::vector<std::string> all;
  for (const EventView& event : events) all.push_back(event.message);
  return all;
}

TEST(RecentEvents, KeepsWhatWasNoted) {
  const auto events = std::make_unique<RecentEvents>();
  EXPECT_TRUE(events->read().empty());
  events->add({.kind = EventKind::kSlowRequest,
               .pid = 7,
               .status = 200,
               .duration_ns = 5,
               .times = 3,
               .request_id = "ab",
               .method = "GET",
               .host = "a.test",
               .path = "/x",
               .script = "/srv/x.php",
               .message = "runs"},
              1234);
  const std::vector<EventView> read = events->read();
  ASSERT_EQ(read.size(), 1U);
  const EventView& event = read[0];
  EXPECT_EQ(event.kind, EventKind::kSlowRequest);
  EXPECT_EQ(event.number, 1U);
  EXPECT_EQ(event.time_ms, 1234);
  EXPECT_EQ(event.pid, 7);
  EXPECT_EQ(event.status, 200);
  EXPECT_EQ(event.duration_ns, 5);
  EXPECT_EQ(event.times, 3U);
  EXPECT_THAT((std::vector<std::string>{event.request_id, event.method, event.host, event.path,
                                        event.script, event.message}),
              ElementsAre("ab", "GET", "a.test", "/x", "/srv/x.php", "runs"));
  EXPECT_EQ(events->last_number(), 1U);
}

TEST(RecentEvents, TextsLoseTheirEnd) {
  const auto events = std::make_unique<RecentEvents>();
  const std::string text(1000, 'x');
  events->add({.request_id = text,
               .method = text,
               .host = text,
               .path = text,
               .script = text,
               .message = text},
              0);
  const EventView event = events->read().at(0);
  EXPECT_EQ(event.request_id.size(), 64U);
  EXPECT_EQ(event.path, text.substr(0, 256));
  EXPECT_EQ(event.message, text.substr(0, 320));
}

TEST(RecentEvents, AGroupDisplacesOnlyItsOwn) {
  const auto events = std::make_unique<RecentEvents>();
  events->add({.kind = EventKind::kCrash, .message = "crash"}, 0);
  for (std::size_t i = 0; i < RecentEvents::kKeptOfGroup + 5; ++i) {
    const std::string message = std::to_string(i);
    events->add({.kind = EventKind::kFatalError, .message = message}, 0);
  }
  const std::vector<EventView> all = events->read();
  EXPECT_EQ(all.size(), RecentEvents::kKeptOfGroup + 1);
  EXPECT_EQ(all.front().message, "crash");
  EXPECT_EQ(all[1].message, "5");
  EXPECT_EQ(all.back().message, "68");
  EXPECT_THAT(messages(events->read(all.back().number - 2)), ElementsAre("67", "68"));
}

TEST(RecentEvents, ThreadsMayWriteAtTheSameTime) {
  const auto events = std::make_unique<RecentEvents>();
  std::vector<std::thread> writers;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    writers.emplace_back([&events, letter] {
      const std::string text(100, letter);
      for (int i = 0; i < 2000; ++i) {
        events->add({.kind = EventKind::kRejected, .path = text, .message = text}, 0);
      }
    });
  }
  for (int i = 0; i < 200; ++i) EXPECT_LE(events->read().size(), RecentEvents::kKeptOfGroup);
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(events->last_number(), 8000U);
  for (const EventView& event : events->read()) EXPECT_EQ(event.message.size(), 100U);
}

TEST(RecentEvents, ABrokenProcessHarmsNoReader) {
  const auto events = std::make_unique<RecentEvents>();
  events->add({.message = "x"}, 0);
  std::mt19937_64 random(1);
  auto* const words = reinterpret_cast<std::uint64_t*>(events.get());
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = 0; i < sizeof(RecentEvents) / sizeof(std::uint64_t); ++i) {
      // Mostly plausible: an even sequence number, a kind that exists.
      words[i] = round % 2 == 0 ? random() : random() & ~std::uint64_t{1} & 0x7'0000'ffff;
    }
    for (const EventView& event : events->read()) {
      EXPECT_LE(event.message.size(), 320U);
      EXPECT_FALSE(to_string(event.kind).empty());
    }
    events->add({.message = "after"}, 0);
  }
}

TEST(RecentEvents, AreSharedByProcessesAndStayWhenOneEnds) {
  const Scoreboard board = std::move(*Scoreboard::make_shared({.places = 2}));
  const Scoreboard other =
      std::move(*Scoreboard::attach(base::UniqueFd(base::duplicate(board.fd()))));
  other.events().add({.message = "of the other"}, 0);
  board.clear(0);
  board.clear(1);
  EXPECT_THAT(messages(board.events().read()), ElementsAre("of the other"));
}

}  // namespace
}  // namespace tusk::observe::inline scoreboard

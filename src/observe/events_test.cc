#include "observe/events.h"

#include <memory>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tusk::observe {
namespace {

TEST(NoteEvent, DoesNothingWithoutAPlace) { note_event({.message = "lost"}); }

TEST(NoteEvent, TakesTimeAndProcess) {
  const auto events = std::make_unique<RecentEvents>();
  const EventNotes notes(*events);
  note_event({.kind = EventKind::kCrash, .pid = 5});
  note_event({.kind = EventKind::kReload});
  const auto read = events->read();
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].pid, 5);
  EXPECT_EQ(read[1].pid, ::getpid());
  EXPECT_GT(read[0].time_ms, 1'700'000'000'000);
}

TEST(NoteEvent, AFloodIsCounted) {
  const auto events = std::make_unique<RecentEvents>();
  const EventNotes notes(*events);
  // The second may change once meanwhile.
  for (int i = 0; i < 1000; ++i) note_event({.kind = EventKind::kServerError});
  const auto read = events->read();
  EXPECT_GE(read.size(), kNotedPerSecond);
  EXPECT_LE(read.size(), 2 * kNotedPerSecond);
}

}  // namespace
}  // namespace tusk::observe

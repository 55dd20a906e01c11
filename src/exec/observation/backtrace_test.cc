#include "exec/observation/backtrace.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::exec::observation {
namespace {

using testing::ElementsAre;
using Call = Backtrace::Call;

void add(Backtrace& trace, std::string_view function, std::string_view file = {}, unsigned line = 0,
         std::string_view scope = {}, Call call = Call::kFunction) {
  Backtrace::Frame frame;
  frame.scope = trace.store(scope);
  frame.function = trace.store(function);
  frame.file = trace.store(file);
  frame.line = line;
  frame.call = call;
  trace.add(frame);
}

TEST(Backtrace, SaysWhereEachFunctionIs) {
  Backtrace trace;
  trace.clear(7);
  add(trace, "strlen");
  add(trace, "total", "/srv/a.php", 12, "Shop\\Cart", Call::kMethod);
  add(trace, "b", "/srv/a.php", 13, "A", Call::kStaticMethod);
  add(trace, "{main}", "/srv/i.php", 1);
  EXPECT_THAT(frame_lines(trace),
              ElementsAre("#0 [internal] strlen()", "#1 /srv/a.php:12 Shop\\Cart->total()",
                          "#2 /srv/a.php:13 A::b()", "#3 /srv/i.php:1 {main}"));
  trace.clear(8);
  EXPECT_EQ(trace.request_id, 8U);
  EXPECT_TRUE(frame_lines(trace).empty());
}

TEST(Backtrace, NamesAreEscaped) {
  Backtrace trace;
  add(trace, "f\n\x1b[31m", "/a\rb.php", 1, std::string_view("a\0b", 3), Call::kMethod);
  EXPECT_EQ(frame_text(trace, trace.frames()[0]), R"(/a\rb.php:1 a\x00b->f\n\x1b[31m())");
}

TEST(Backtrace, IsLimitedInFramesAndBytes) {
  Backtrace trace;
  while (!trace.is_full()) add(trace, "f");
  EXPECT_EQ(trace.frames().size(), Backtrace::kMostFrames);
  add(trace, "f");
  EXPECT_EQ(trace.frames().size(), Backtrace::kMostFrames);

  trace.clear(0);
  const std::string name(Backtrace::kLongestPath, 'x');
  while (!trace.is_full()) add(trace, name);
  EXPECT_LT(trace.frames().size(), Backtrace::kMostFrames);
  EXPECT_EQ(trace.view(trace.frames().back().function), name);
  for (int i = 0; i < 10; ++i) trace.store(name);  // cut, not written past the end
  EXPECT_TRUE(trace.room(1).empty());
}

TEST(Backtrace, TheNameOfACallFits) {
  Backtrace trace;
  trace.set_waiting_call(std::string(100, 'x'));
  EXPECT_EQ(trace.waiting_call(), std::string(23, 'x'));
  trace.set_waiting_call("ppoll");
  EXPECT_EQ(trace.waiting_call(), "ppoll");
}

// Random bytes over a real backtrace: it is taken with texts that are inside of it, or not at all.
TEST(Backtrace, OfAnotherProcessIsCheckedBeforeItIsUsed) {
  std::minstd_rand random(7);
  Backtrace real;
  real.clear(1);
  for (int i = 0; i < 5; ++i) add(real, "total", "/srv/a.php", 12, "Shop\\Cart", Call::kMethod);
  Backtrace copy;
  ASSERT_TRUE(copy.copy_untrusted(real));
  EXPECT_EQ(frame_lines(copy), frame_lines(real));
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Backtrace hostile = real;
    auto* const bytes = reinterpret_cast<unsigned char*>(&hostile);
    // The counts and the first frames are at the beginning.
    const std::size_t reach = round % 2 == 0 ? 200 : sizeof hostile;
    for (unsigned i = 0; i < 1 + random() % 8; ++i)
      bytes[random() % reach] = static_cast<unsigned char>(random());
    if (!copy.copy_untrusted(hostile)) {
      ++refused;
      EXPECT_TRUE(copy.frames().empty());
      continue;
    }
    EXPECT_LE(copy.frames().size(), Backtrace::kMostFrames);
    EXPECT_EQ(copy.taken_by, TakenBy::kThread);
    EXPECT_TRUE(copy.waiting_call().empty());
    for (const std::string& line : frame_lines(copy))
      EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c != '\n' && c != '\0'; }));
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace tusk::exec::observation

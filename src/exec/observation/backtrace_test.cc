#include "exec/observation/backtrace.h"

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

}  // namespace
}  // namespace tusk::exec::observation

#include "console/doctor/log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::console::doctor {
namespace {

using testing::ElementsAre;

std::string line(const std::string& message, const std::string& fields) {
  return R"({"level":"info","message":")" + message + "\"" + (fields.empty() ? "" : ",") + fields +
         "}";
}

std::string changed(const std::string& what, int times) {
  return line("resident doctor: a request has changed a value that stays",
              R"("what":")" + what + R"(","before":"int","after":"null","path":"/a","times":)" +
                  std::to_string(times));
}

TEST(LogReader, FindingsOfAllLivesAreAdded) {
  LogReader reader;
  reader.take(changed("A::$b", 1));
  reader.take(changed("A::$b", 10));
  reader.take(line("resident doctor: found again and again until the script ended",
                   R"("what":"A::$b","times":12,"paths":"/a /b")"));
  reader.take(changed("A::$b", 1));
  const std::vector<Finding> findings = reader.findings();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front().kind, FindingKind::kChanged);
  EXPECT_EQ(findings.front().times, 13U);
  EXPECT_EQ(findings.front().before, "int");
  EXPECT_THAT(findings.front().paths, ElementsAre("/a", "/b"));
}

TEST(LogReader, TheMostFrequentComesFirst) {
  LogReader reader;
  reader.take(changed("once", 1));
  reader.take(changed("often", 10));
  reader.take(line("resident doctor: something grows with the requests",
                   R"("what":"classes","before":"1","after":"9","times":1)"));
  std::vector<std::string> names;
  for (const Finding& finding : reader.findings()) names.push_back(finding.what);
  EXPECT_THAT(names, ElementsAre("classes", "often", "once"));
}

TEST(LogReader, KeepsErrorsAndIgnoresWhatIsNoLine) {
  LogReader reader;
  for (const char* text : {"", "{", "plain", "[]", R"({"message":3,"level":null})"})
    reader.take(text);
  reader.take(R"({"level":"error","message":"PHP Fatal error: x\nStack trace"})");
  reader.take(R"({"level":"error","message":"PHP Fatal error: x"})");
  reader.take(R"({"level":"error","message":"it does not boot","reason":"y"})");
  reader.take(R"({"level":"error","message":"a worker has ended","how":"by signal 9"})");
  ASSERT_EQ(reader.troubles().size(), 3U);
  EXPECT_EQ(reader.troubles()[0].text, "PHP Fatal error: x");
  EXPECT_EQ(reader.troubles()[0].times, 2U);
  EXPECT_EQ(reader.troubles()[1].text, "it does not boot: y");
  EXPECT_EQ(reader.troubles()[2].text, "a worker has ended: by signal 9");
  EXPECT_TRUE(reader.findings().empty());
}

TEST(LogReader, KeepsExaminedRequests) {
  LogReader reader;
  reader.take(
      line("resident doctor: a request was examined",
           R"("memory":100,"pool":"app","method":"GET","path":"/a","request_of_script":7)"));
  ASSERT_EQ(reader.requests().size(), 1U);
  EXPECT_EQ(reader.requests().front().memory, 100U);
  EXPECT_EQ(reader.requests().front().number, 7U);
  EXPECT_EQ(reader.pool(), "app");
}

}  // namespace
}  // namespace tusk::console::doctor

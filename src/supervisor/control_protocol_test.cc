#include "supervisor/control_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ControlProtocol, AnAnswerIsReadAsItWasWritten) {
  const std::string text = to_text({1, {"tusk.toml:2: wrong\nsecond line", "", "third"}});
  EXPECT_EQ(text, " tusk.toml:2: wrong\n second line\n third\nexit 1\n");
  const auto answer = parse_answer(text);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit_status, 1);
  EXPECT_THAT(answer->lines, ElementsAre("tusk.toml:2: wrong", "second line", "third"));
}

TEST(ControlProtocol, AnAnswerEndsWithItsStatusOnly) {
  for (const char* text : {"", " text\n", " text\nexit", "exit 0", "exit x\n", "other\nexit 0\n"})
    EXPECT_FALSE(parse_answer(text)) << text;
  const auto answer = parse_answer("exit 0\nHTTP/1.1 200 OK\r\n");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->lines, IsEmpty());
}

TEST(ControlProtocol, TextOfALineCannotBeAStatus) {
  const auto answer = parse_answer(to_text({1, {"exit 0"}}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit_status, 1);
}

TEST(ControlProtocol, AnAnswerHasALimit) {
  const std::string text = to_text({1, std::vector<std::string>(1000, std::string(1000, 'x'))});
  EXPECT_LE(text.size(), kMaxAnswerBytes + 8);
  EXPECT_TRUE(parse_answer(text));
}

TEST(ControlProtocol, ARequestHasACommandAndPerhapsAnArgument) {
  EXPECT_EQ(parse_request("reload").command, "reload");
  EXPECT_EQ(parse_request("connect 12\r").command, "connect");
  EXPECT_EQ(parse_request("connect 12\r").argument, "12");
  EXPECT_EQ(parse_request("").command, "");
}

}  // namespace
}  // namespace tusk::supervisor

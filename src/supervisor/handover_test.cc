#include "supervisor/handover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

Handover example() {
  Handover handover;
  handover.started_ns = 5;
  handover.last_generation = 3;
  config::Address address;
  address.host = "127.0.0.1";
  config::Address bound = address;
  bound.port = 8080;
  config::Address unix_address;
  unix_address.kind = config::Address::Kind::kUnix;
  unix_address.path = "/run/tusk.sock";
  handover.addresses = {{"", address, {{10, false, bound}}},
                        {"internal", unix_address, {{11, true, unix_address}}}};
  handover.given_internal = {1};
  handover.generations = {
      {.number = 2,
       .ready = true,
       .ready_since_ns = 7,
       .file_text = std::string("text \xff\0", 7),
       .addresses = {0, 1},
       .processes = {{.pid = 100,
                      .control = 12,
                      .crash = 16,
                      .place = 5,
                      .started_ns = 6,
                      .oom_kills = 1,
                      .ready = true,
                      .ready_since_ns = 8},
                     {}}},
      {.number = 3, .ready = true, .file_text = std::nullopt, .addresses = {0}, .processes = {}}};
  handover.control_path = "/run/tusk/control.sock";
  handover.control_socket = 13;
  handover.control_inode = 99;
  handover.clients = {14};
  handover.unread_clients = {18};
  handover.scoreboard = 15;
  handover.ticket_keys = 17;
  return handover;
}

TEST(Handover, IsReadAsItWasWritten) {
  const Handover before = example();
  const base::Result<Handover> after = parse_handover(to_text(before));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(to_text(*after), to_text(before));
  EXPECT_EQ(after->addresses[0].address, before.addresses[0].address);
  EXPECT_EQ(after->addresses[1].listeners[0].address, before.addresses[1].address);
  EXPECT_EQ(after->generations[0].file_text, before.generations[0].file_text);
  EXPECT_EQ(after->generations[1].file_text, std::nullopt);
  EXPECT_EQ(after->generations[0].processes[0].pid, 100);
  EXPECT_EQ(after->generations[0].processes[0].place, 5U);
  EXPECT_EQ(after->generations[0].processes[1].place, std::nullopt);
  EXPECT_THAT(after->given_internal, ElementsAre(1U));
}

TEST(Handover, NamesAllItsDescriptors) {
  EXPECT_THAT(example().descriptors(), UnorderedElementsAre(10, 11, 12, 13, 14, 15, 16, 17, 18));
}

TEST(Handover, WithoutTheScoreboardAsksForAReload) {
  Handover handover = example();
  forget_scoreboard(handover);
  EXPECT_EQ(handover.scoreboard, -1);
  EXPECT_EQ(handover.generations[0].processes[0].place, std::nullopt);
  EXPECT_TRUE(handover.reload_again);
  EXPECT_TRUE(parse_handover(to_text(handover))->reload_again);
}

TEST(Handover, OfASupervisorWithoutTheNewFieldsIsTaken) {
  std::string text = to_text(example());
  constexpr std::string_view kField = "\"retiring\":false,";
  ASSERT_NE(text.find(kField), std::string::npos) << text;
  for (std::size_t at = 0; (at = text.find(kField)) != std::string::npos;)
    text.erase(at, kField.size());
  const base::Result<Handover> parsed = parse_handover(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_FALSE(parsed->generations[0].processes[0].retiring);
  EXPECT_EQ(parsed->generations[0].processes[0].pid, 100);
}

TEST(Handover, OfAnotherVersionIsRefused) {
  std::string text = to_text(example());
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  const base::Result<Handover> parsed = parse_handover(text);
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("version 2"));
}

TEST(Handover, ThatIsNotWholeIsRefused) {
  Handover broken = example();
  broken.generations[0].addresses = {7};
  EXPECT_FALSE(parse_handover(to_text(broken)));
  broken = example();
  broken.generations.pop_back();
  EXPECT_FALSE(parse_handover(to_text(broken)));
  for (const char* text :
       {"", "{}", "[1]", R"({"version":"1"})", R"({"version":1,"started_ns":"x"})"})
    EXPECT_FALSE(parse_handover(text)) << text;
}

}  // namespace
}  // namespace tusk::supervisor

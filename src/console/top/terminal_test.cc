#include "console/top/terminal.h"

#include <gtest/gtest.h>

namespace tusk::console::top {
namespace {

using Key = Terminal::Key;

std::vector<Key> keys_of(std::string typed) {
  std::vector<Key> keys;
  while (!typed.empty()) keys.push_back(take_typed_key(typed));
  return keys;
}

TEST(Terminal, KnowsKeys) {
  EXPECT_EQ(keys_of("qsbp"), (std::vector{Key::kQuit, Key::kSort, Key::kBacktrace, Key::kPause}));
  EXPECT_EQ(keys_of("\x1b[A\x1bOBkj"), (std::vector{Key::kUp, Key::kDown, Key::kUp, Key::kDown}));
  EXPECT_EQ(keys_of("\x1b"), (std::vector{Key::kEscape}));
}

// A sequence that is not known is no row of letters.
TEST(Terminal, SkipsUnknownSequences) {
  EXPECT_EQ(keys_of("\x1b[15~q"), (std::vector{Key::kNone, Key::kQuit}));
  EXPECT_EQ(keys_of("\x1b[200;1"), (std::vector{Key::kNone}));
  EXPECT_EQ(keys_of("x\xff"), (std::vector{Key::kNone, Key::kNone}));
}

}  // namespace
}  // namespace tusk::console::top

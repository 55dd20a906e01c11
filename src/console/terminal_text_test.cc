#include "console/terminal_text.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace tusk::console {
namespace {

TEST(TerminalText, LetsNoControlCharacterThrough) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  every += "\u0085\u009b31m\u202e\u200b\u2028\ufeff";
  for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
    const std::string safe = safe_text(every, charset);
    for (const char each : safe) {
      EXPECT_GE(static_cast<unsigned char>(each), 0x20);
      EXPECT_NE(each, 0x7f);
    }
    for (const char* const hostile : {"\u0085", "\u009b", "\u202e", "\u200b", "\u2028", "\ufeff"}) {
      EXPECT_EQ(safe.find(hostile), std::string::npos);
    }
  }
  EXPECT_EQ(safe_text("/\x1b[31mred\n", Charset::kUtf8), "/\\x1b[31mred\\n");
}

TEST(TerminalText, OtherLettersNeedATerminalThatShowsThem) {
  EXPECT_EQ(safe_text("/caf\u00e9", Charset::kUtf8), "/caf\u00e9");
  EXPECT_EQ(safe_text("/caf\u00e9", Charset::kAscii), "/caf?");
  for (const auto& [value, charset] :
       {std::pair{"en_US.UTF-8", Charset::kUtf8}, std::pair{"C.utf8", Charset::kUtf8},
        std::pair{"de_DE@euro", Charset::kAscii}, std::pair{"C", Charset::kAscii}}) {
    ::setenv("LC_ALL", value, 1);
    EXPECT_EQ(terminal_charset(), charset) << value;
  }
  ::unsetenv("LC_ALL");
}

TEST(TerminalText, IsCutByColumns) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 4), "abc~");
  EXPECT_EQ(cut("abcdef", 4, Keep::kEnd), "~def");
  EXPECT_EQ(cut("abcdef", 0), "");
  EXPECT_EQ(columns_of("\u65e5\u672ce\u0301"), 5U);
  EXPECT_EQ(cut("\u65e5\u672c\u8a9e", 4), "\u65e5~");
  EXPECT_EQ(cut("\u65e5\u672c\u8a9e", 4, Keep::kEnd), "~\u8a9e");
  EXPECT_EQ(column("ab", 4), "ab  ");
  EXPECT_EQ(column("ab", 4, Align::kRight), "  ab");
  EXPECT_EQ(column("\u65e5\u672c\u8a9e", 4), "\u65e5~ ");
}

}  // namespace
}  // namespace tusk::console

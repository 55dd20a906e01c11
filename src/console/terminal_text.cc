#include "console/terminal_text.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "observe/escape.h"

namespace tusk::console {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Characters without a form of their own that change how others are shown: soft hyphen, Arabic
// letter mark, zero width, direction, line ends, interlinear marks, byte order mark, tags.
constexpr Range kFormat[] = {{0xAD, 0xAD},     {0x61C, 0x61C},   {0x180E, 0x180E},
                             {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                             {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
// East Asian and emoji: two columns.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
// The usual combining marks: no column.
constexpr Range kCombining[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
                                {0x64B, 0x65F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                                {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <std::size_t count>
bool is_in(const Range (&ranges)[count], char32_t character) {
  return std::ranges::any_of(ranges, [&](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

struct Character {
  char32_t value;
  std::size_t bytes;
};

// `text` is valid UTF-8.
Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || text.size() - at < bytes) return {lead, 1};
  char32_t value = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) value = value << 6U | (byte(i) & 0x3FU);
  return {value, bytes};
}

std::size_t columns_of(char32_t character) {
  if (character < 0x300) return 1;
  if (is_in(kCombining, character)) return 0;
  return is_in(kWide, character) ? 2 : 1;
}

}  // namespace

Charset terminal_charset() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string letters;
    for (const char each : std::string_view(value)) {
      if (std::isalnum(static_cast<unsigned char>(each)) != 0) {
        letters += static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
      }
    }
    return letters.contains("utf8") ? Charset::kUtf8 : Charset::kAscii;
  }
  return Charset::kAscii;
}

std::string safe_text(std::string_view text, Charset charset) {
  std::string escaped;
  observe::append_text_escaped(escaped, text);
  std::string safe;
  safe.reserve(escaped.size());
  for (std::size_t at = 0; at < escaped.size();) {
    const auto [value, bytes] = character_at(escaped, at);
    const bool shown = value < 0x80 || (charset == Charset::kUtf8 && !is_in(kFormat, value));
    safe += shown ? std::string_view(escaped).substr(at, bytes) : std::string_view("?");
    at += bytes;
  }
  return safe;
}

std::size_t columns_of(std::string_view safe) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < safe.size();) {
    const auto [value, bytes] = character_at(safe, at);
    columns += columns_of(value);
    at += bytes;
  }
  return columns;
}

std::string cut(std::string_view safe, std::size_t columns, Keep keep) {
  const std::size_t all = columns_of(safe);
  if (all <= columns) return std::string(safe);
  if (columns == 0) return {};
  std::size_t taken = 0;
  std::size_t at = 0;
  // Up to the place for the '~', or to what follows it.
  const std::size_t most = keep == Keep::kBeginning ? columns - 1 : all - (columns - 1);
  while (at < safe.size()) {
    const auto [value, bytes] = character_at(safe, at);
    const std::size_t next = taken + columns_of(value);
    if (keep == Keep::kBeginning ? next > most : taken >= most) break;
    taken = next;
    at += bytes;
  }
  if (keep == Keep::kBeginning) return std::string(safe.substr(0, at)) + "~";
  return "~" + std::string(safe.substr(at));
}

std::string column(std::string_view safe, std::size_t columns, Align align, Keep keep) {
  std::string text = cut(safe, columns, keep);
  const std::size_t used = columns_of(text);
  const std::string blanks(columns > used ? columns - used : 0, ' ');
  return align == Align::kLeft ? text + blanks : blanks + text;
}

}  // namespace tusk::console

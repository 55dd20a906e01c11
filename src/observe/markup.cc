#include "observe/markup.h"

namespace tusk::observe {

namespace {

// U+FFFE and U+FFFF, which are no characters; U+200E, U+200F, U+202A to U+202E and U+2066 to
// U+2069, which change the direction.
bool is_unwanted(std::string_view three_bytes) {
  if (three_bytes.size() < 3) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(three_bytes[i]); };
  if (byte(0) == 0xEF) return byte(1) == 0xBF && byte(2) >= 0xBE;
  if (byte(0) != 0xE2) return false;
  const bool marks = byte(1) == 0x80 && (byte(2) == 0x8E || byte(2) == 0x8F);
  const bool embeddings = byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE;
  const bool isolates = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
  return marks || embeddings || isolates;
}

// Empty: the character needs no escape.
std::string_view escape_of(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

void append_markup(std::string& out, std::string_view text, LineEnds line_ends) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    const bool keeps_line_end = letter == '\n' && line_ends == LineEnds::kKept;
    if (const std::string_view escape = escape_of(letter); !escape.empty()) {
      out += escape;
    } else if (is_unwanted(text.substr(at, 3))) {
      out += '?';
      at += 2;
    } else {
      out += static_cast<unsigned char>(letter) < 0x20 && !keeps_line_end ? '?' : letter;
    }
  }
}

}  // namespace tusk::observe

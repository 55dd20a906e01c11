#include "observe/escape.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tusk::observe {
namespace {

constexpr char kHex[] = "0123456789abcdef";

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

template <class Out>
void append_hex(Out& out, std::string_view prefix, unsigned char byte) {
  out.append(prefix);
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 15]);
}

// The length of the valid non-ASCII UTF-8 sequence at `at`; 0 if there is none. The narrow ranges
// of the second byte exclude overlong forms, surrogates and values above U+10FFFF (Unicode 15,
// table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at);
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() - at < length) return 0;
  if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, at + i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// U+0080 to U+009F.
bool is_c1_control(std::string_view text, std::size_t at) {
  return byte_at(text, at) == 0xC2 && byte_at(text, at + 1) < 0xA0;
}

// The letter of a control character that has a short escape in both formats; 0 if it has none.
char short_escape(unsigned char byte) {
  switch (byte) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

// The bytes that need no escape. Nearly all need none, so they are copied in runs.
using PlainBytes = std::array<bool, 256>;

consteval PlainBytes printable_ascii_but(std::string_view excluded) {
  PlainBytes plain{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) plain[byte] = true;
  for (const char c : excluded) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}

constexpr PlainBytes kPlainInQuotes = printable_ascii_but("\"\\");
constexpr PlainBytes kPlainInText = printable_ascii_but("");

// Copies plain bytes from `at` on; returns where they end.
template <class Out>
std::size_t append_plain(Out& out, std::string_view text, std::size_t at, const PlainBytes& plain) {
  std::size_t end = at;
  while (end < text.size() && plain[byte_at(text, end)]) ++end;
  out.append(text, at, end - at);
  return end;
}

// How a format escapes bytes.
struct Format {
  PlainBytes plain;              // not escaped
  std::string_view hex_prefix;   // before two hexadecimal digits
  std::string_view replacement;  // for a byte that is not valid UTF-8; empty: it is escaped
};

constexpr Format kJson{kPlainInQuotes, "\\u00", "\xEF\xBF\xBD"};
constexpr Format kQuotedText{kPlainInQuotes, "\\x", {}};
constexpr Format kBareText{kPlainInText, "\\x", {}};

// Escapes the non-ASCII character at `at`; returns its length.
template <class Out>
std::size_t escape_character(Out& out, std::string_view text, std::size_t at,
                             const Format& format) {
  const std::size_t length = sequence_length(text, at);
  if (length == 0 && format.replacement.empty()) {
    append_hex(out, format.hex_prefix, byte_at(text, at));
  } else if (length == 0) {
    out.append(format.replacement);
  } else if (is_c1_control(text, at)) {
    append_hex(out, format.hex_prefix, byte_at(text, at + 1));
  } else {
    out.append(text.substr(at, length));
  }
  return std::max<std::size_t>(length, 1);
}

template <class Out>
void escape(Out& out, std::string_view text, const Format& format) {
  for (std::size_t i = 0; (i = append_plain(out, text, i, format.plain)) < text.size();) {
    const unsigned char byte = byte_at(text, i);
    if (byte >= 0x80) {
      i += escape_character(out, text, i, format);
      continue;
    }
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(text[i]);
    } else if (const char letter = short_escape(byte); letter != 0) {
      out.push_back('\\');
      out.push_back(letter);
    } else {
      append_hex(out, format.hex_prefix, byte);
    }
    ++i;
  }
}

const Format& text_format(Quoting quoting) {
  return quoting == Quoting::kInQuotes ? kQuotedText : kBareText;
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) { escape(out, text, kJson); }

void append_json_escaped(FixedText& out, std::string_view text) noexcept {
  escape(out, text, kJson);
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_json_escaped(out, text);
  out.push_back('"');
}

void append_text_escaped(std::string& out, std::string_view text, Quoting quoting) {
  escape(out, text, text_format(quoting));
}

void append_text_escaped(FixedText& out, std::string_view text, Quoting quoting) noexcept {
  escape(out, text, text_format(quoting));
}

void append_ascii_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; (i = append_plain(out, text, i, kPlainInQuotes)) < text.size(); ++i) {
    append_hex(out, "\\x", byte_at(text, i));
  }
}

}  // namespace tusk::observe

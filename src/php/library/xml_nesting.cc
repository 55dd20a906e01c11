#include "php/library/xml_nesting.h"

#include <algorithm>

namespace tusk::php::library {

namespace {

constexpr std::string_view kComment = "<!--";
constexpr std::string_view kCharacterData = "<![CDATA[";

// The text after `end`, or the end of the text.
std::string_view behind(std::string_view xml, std::string_view end) noexcept {
  const std::size_t at = xml.find(end);
  return at == std::string_view::npos ? std::string_view() : xml.substr(at + end.size());
}

// Whether the tag at the beginning of `xml` is an empty element ("<a/>"); removes the tag. A "<"
// before its end is an error, and what follows it is the next tag.
bool take_tag(std::string_view& xml) noexcept {
  char quote = '\0';
  for (std::size_t at = 1; at < xml.size(); ++at) {
    const char c = xml[at];
    if (c == '<') {
      xml.remove_prefix(at);
      return false;
    }
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      const bool empty = xml[at - 1] == '/';
      xml.remove_prefix(at + 1);
      return empty;
    }
  }
  xml = {};
  return false;
}

}  // namespace

bool nested_deeper_than(std::string_view xml, unsigned limit) noexcept {
  unsigned depth = 0;
  for (;;) {
    xml.remove_prefix(std::min(xml.find('<'), xml.size()));
    if (xml.size() < 2) return false;
    if (xml.starts_with(kComment)) {
      xml = behind(xml.substr(kComment.size()), "-->");
    } else if (xml.starts_with(kCharacterData)) {
      xml = behind(xml.substr(kCharacterData.size()), "]]>");
    } else if (xml[1] == '?') {
      xml = behind(xml.substr(2), "?>");
    } else if (xml[1] == '/') {
      if (depth > 0) --depth;
      xml.remove_prefix(2);
    } else if (!take_tag(xml) && ++depth > limit) {
      return true;
    }
  }
}

}  // namespace tusk::php::library

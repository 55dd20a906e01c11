// ResponseHead: status and header fields of a response, as plain data.
//
// Owner: a worker or the server fills it, rules change it, and the connection serialises it.
// Thread: any; an instance belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace tusk::http {

// The fields are kept as the lines that HTTP/1 sends ("Name: value\r\n"), so that sending them is
// one copy; HTTP/2 reads the spans.
struct ResponseHead {
  int status = 200;
  std::string reason;  // empty: the standard phrase
  std::string text;    // lines "Name: value\r\n", exactly one for each of `fields`, same order
  std::vector<HeaderField> fields;

  std::string_view view(Span span) const {
    return std::string_view(text).substr(span.offset, span.length);
  }

  // Adds a line, even if the name is already there (Set-Cookie). Returns false, and does nothing,
  // if the name is not a token or the value has a control byte other than HTAB, which could end the
  // line (RFC 9110 §5.5). Whitespace around the value is dropped.
  bool add(std::string_view name, std::string_view value);

  // Adds a line in place of all lines of that name (case-insensitive). Returns what add() returns.
  bool set(std::string_view name, std::string_view value);

  // Removes every field of that name (case-insensitive); returns how many there were.
  std::size_t remove(std::string_view name);

  // The first value under that name (case-insensitive). It is also empty when the value is empty.
  std::string_view find(std::string_view name) const;
  bool contains(std::string_view name) const;

  // Resets everything but keeps the capacities.
  void clear();
};

// The length of a response's body, as far as it is known when the head is written. For HEAD, this
// is the body that GET would have: kDeclared or kUnknown when that body was never made (PHP makes
// none for HEAD).
struct Framing {
  enum class Kind : std::uint8_t {
    kKnown,     // the server has the whole body: `content_length` replaces the script's value
    kDeclared,  // the body streams; a valid Content-Length of the script is announced, and the
                // sender must then send exactly that much or break the connection
    kUnknown,   // the body streams; a Content-Length among the fields is dropped
  };
  Kind kind = Kind::kUnknown;
  std::uint64_t content_length = 0;  // for kKnown

  static Framing known(std::uint64_t length) { return {Kind::kKnown, length}; }
  static Framing declared() { return {Kind::kDeclared, 0}; }
  static Framing unknown() { return {Kind::kUnknown, 0}; }
};

}  // namespace tusk::http

// ResponseHead: status and header fields of a response, as plain data.
//
// Owned by whoever holds it: a worker or the server fills it, rules change it, and the connection
// serialises it. Thread: any; an instance belongs to one thread at a time. The fields are kept as
// the lines that HTTP/1 sends ("Name: value\r\n"), so that sending them is one copy; HTTP/2 reads
// the spans.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace tusk::http {

struct ResponseHead {
  int status = 200;
  std::string reason;  // empty: the standard phrase
  std::string text;    // lines "Name: value\r\n", exactly one for each of `fields`, same order
  std::vector<HeaderField> fields;

  std::string_view view(Span span) const {
    return std::string_view(text).substr(span.offset, span.length);
  }

  // Adds a line, whether or not the name is there already (Set-Cookie). False, and nothing done,
  // when the name is not a token or the value holds a control byte other than HTAB: what would let
  // a value end its line (RFC 9110 §5.5). Whitespace around the value is dropped.
  bool add(std::string_view name, std::string_view value);

  // Same, in place of every field of that name (any case).
  bool set(std::string_view name, std::string_view value);

  // Removes every field of that name (any case); how many there were.
  std::size_t remove(std::string_view name);

  // The first value under that name (any case); empty also for an empty value.
  std::string_view find(std::string_view name) const;
  bool contains(std::string_view name) const;

  // As new, except that capacities stay.
  void clear();
};

// What is known of a response body's length when its head is written. For HEAD: of the body that
// GET would have; `declared` or `unknown` when that body was never made (PHP makes none for HEAD).
struct Framing {
  enum class Kind : std::uint8_t {
    kKnown,     // the server has the whole body: `content_length` replaces what the script said
    kDeclared,  // the body streams; the script's Content-Length is announced if there is a valid
                // one, and the sender must then send exactly that much or break the connection
    kUnknown,   // the body streams; a Content-Length in the fields is dropped
  };
  Kind kind = Kind::kUnknown;
  std::uint64_t content_length = 0;  // for `known`

  static Framing known(std::uint64_t length) { return {Kind::kKnown, length}; }
  static Framing declared() { return {Kind::kDeclared, 0}; }
  static Framing unknown() { return {Kind::kUnknown, 0}; }
};

}  // namespace tusk::http

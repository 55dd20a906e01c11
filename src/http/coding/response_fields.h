// The header fields that say how a response's body is encoded, and those that change with it.
//
// Functions of a ResponseHead. Thread: that of the head. RFC 9110 §8.4, §8.8.3.3, §12.5.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/accept_encoding.h"
#include "http/request.h"
#include "http/response.h"

namespace tusk::http::coding {

// What a response's fields say, in one look at them. The views are into the head.
struct ResponseFacts {
  // Its body may be encoded: it has one, it is whole, not encoded already, nobody has forbidden it
  // (Cache-Control: no-transform, RFC 9111 §5.2.2.6), and nothing in the head is a digest of it.
  bool may_be_encoded = false;
  std::string_view content_type;
  std::string_view entity_tag;          // the first; empty: none
  std::optional<std::uint64_t> length;  // Content-Length, where it is a number
};
ResponseFacts facts_of(const ResponseHead& head);

// The body is chosen by Accept-Encoding: names that in Vary, once, beside what is there.
void add_vary(ResponseHead& head);

// A strong entity tag becomes a weak one: bytes differ, meaning does not (§8.8.3.3).
void weaken_entity_tag(ResponseHead& head);

// Says that the body is encoded: adds Content-Encoding and Vary, weakens the tag, and drops what
// was said of the other bytes (Content-Length, Accept-Ranges).
void mark_as_encoded(ResponseHead& head, ContentCoding coding);

// Whether If-None-Match names the weak form of `tag`, a strong one, and not `tag` itself: what a
// client says that was given a weakened tag.
bool asks_for_weakened(const RequestHead& request, std::string_view tag);

}  // namespace tusk::http::coding

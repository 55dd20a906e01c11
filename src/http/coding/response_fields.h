// The header fields that describe how a response's body is encoded, and those that depend on it.
//
// Functions on a ResponseHead. Thread: the head's. RFC 9110 §8.4, §8.8.3.3, §12.5.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/accept_encoding.h"
#include "http/request.h"
#include "http/response.h"

namespace tusk::http::coding {

// Facts from a response's fields, found in one pass. Views into the head.
struct ResponseFacts {
  // The body may be encoded: it exists, is whole, is not encoded yet, encoding is not forbidden
  // (Cache-Control: no-transform, RFC 9111 §5.2.2.6), and no field is a digest of it.
  bool may_be_encoded = false;
  std::string_view content_type;
  std::string_view entity_tag;          // the first; empty: none
  std::optional<std::uint64_t> length;  // Content-Length, if it is a number
};
ResponseFacts facts_of(const ResponseHead& head);

// The body depends on Accept-Encoding: adds that to Vary, once, beside what is already there.
void add_vary(ResponseHead& head);

// Makes a strong entity tag weak: the bytes differ, the meaning does not (§8.8.3.3).
void weaken_entity_tag(ResponseHead& head);

// Marks the body as encoded: adds Content-Encoding and Vary, weakens the tag, and drops fields
// about the original bytes (Content-Length, Accept-Ranges).
void mark_as_encoded(ResponseHead& head, ContentCoding coding);

// Whether If-None-Match has the weak form of the strong `tag`, but not `tag` itself. A client that
// received a weakened tag sends this.
bool asks_for_weakened(const RequestHead& request, std::string_view tag);

}  // namespace tusk::http::coding

// Writes response heads and chunk framing as HTTP/1 bytes.
//
// Pure functions that append to a string. Thread: any (worker or loop). RFC 9112 §4, §6, §7.1, §9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace tusk::http::h1 {

// The values that the head depends on besides the response.
struct ResponseContext {
  Version version = Version::kHttp11;  // of the request
  bool head_request = false;           // the method was HEAD
  bool keep_alive = true;              // the client and the server both want it
  std::string_view date;               // IMF-fixdate (http/date.h); empty: no Date field
  std::string_view server;             // empty: no Server field
};

// How the body goes over the wire after the head.
enum class BodyCoding : std::uint8_t {
  kNone,        // no byte of a body may follow
  kSized,       // exactly `length` bytes
  kChunked,     // append_chunk_header .. data .. kChunkEnd, kLastChunk at the end
  kUntilClose,  // the bytes, then close
};

struct WrittenHead {
  BodyCoding coding = BodyCoding::kNone;
  std::uint64_t length = 0;  // for kSized
  bool keep_alive = true;    // whether the client was told that the connection stays open
};

// Appends status line, fields and the empty line. These fields of the response are dropped, because
// they belong to the connection and not to the response (RFC 9110 §7.6.1): Connection, Keep-Alive,
// Proxy-Connection, Transfer-Encoding, TE, Trailer, Upgrade; and Content-Length, unless `framing`
// says that it counts.
//  - 1xx and 204: no Content-Length, no body (RFC 9110 §8.6, §15.2, §15.3.5). 1xx also has no Date,
//    Server or Connection.
//  - 205: Content-Length: 0 (RFC 9110 §15.3.6). 304: no Content-Length, no Content-Type,
//    no body (§15.4.5).
//  - HEAD: the fields of the GET, no body (§9.3.2).
//  - Unknown length: chunked for HTTP/1.1, kUntilClose for HTTP/1.0 (RFC 9112 §6.3, §7). A status
//    outside 100..999 is sent as 500, and a reason with a control byte as the standard phrase.
WrittenHead append_response_head(std::string& out, const ResponseHead& head, const Framing& framing,
                                 const ResponseContext& context);

// The answer to `Expect: 100-continue` (RFC 9110 §15.2.1). Never for HTTP/1.0.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// "1f4\r\n". Appends nothing for size 0, since such a chunk would end the body (RFC 9112 §7.1).
void append_chunk_header(std::string& out, std::uint64_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// The longest text that append_chunk_header appends.
inline constexpr std::size_t kChunkHeaderBytes = 18;

}  // namespace tusk::http::h1

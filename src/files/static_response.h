// The answer to a request for a file: status, header fields, and what of the file is to be sent.
//
// Pure, apart from closing a file that is not needed. Thread: any.
//
// The file may change while it is being sent: whoever sends must send `length` bytes from `offset`
// or break the connection, never pad (RFC 9112 §8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "files/document_root.h"
#include "http/request.h"
#include "http/response.h"

namespace tusk::files {

// The bytes of the body. No fd: nothing is sent (HEAD, 304, 405, an empty file).
struct FileBody {
  base::UniqueFd fd;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct StaticResponse {
  http::ResponseHead head;
  // What Content-Length says: the file's size for GET and HEAD alike, 0 for 405; a 304 has none
  // (the serialiser leaves it out by status).
  http::Framing framing;
  FileBody body;
};

// Answers 200, 304 (If-None-Match, or else If-Modified-Since: RFC 9110 §13.2.2), or 405 with Allow
// for a method other than GET and HEAD. `path` chooses the media type. `now_seconds` since 1970.
StaticResponse respond_with_file(const http::RequestHead& request, std::string_view path,
                                 FoundFile file, std::int64_t now_seconds);

// A strong validator: changes when the file is written to, replaced or switched for another.
std::string entity_tag(const FileInfo& info);

}  // namespace tusk::files

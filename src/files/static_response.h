// The answer to a request for a file: status, header fields, and what of the file is to be sent.
//
// Thread: any. Makes no system call.
#pragma once

#include <cstdint>
#include <span>

#include "files/file_body.h"
#include "files/file_loader.h"
#include "http/request.h"
#include "http/response.h"

namespace tusk::files {

struct StaticResponse {
  http::ResponseHead head;
  // What Content-Length says: the body's size for GET and HEAD alike; a 304 has none (the
  // serialiser leaves it out by status). For an error 0: its page is the caller's.
  http::Framing framing;
  FileBody body;

  void clear();
};

// For whom the file is sent, and how.
enum class FileRequest : std::uint8_t {
  kByUrl,     // GET and HEAD; OPTIONS says so, everything else is 405 with Allow
  kByScript,  // a script hands the file out: whatever the method was, it is a GET
};

// Fills in `response`: 200, 206, 304, 412, 416 (RFC 9110 §13.2.2, §14), and by_url 204 for OPTIONS
// and 405. Of the file's codings the client gets the one that Accept-Encoding prefers; ranges and
// validators are those of that one. `now` since 1970, in seconds.
//
// Range is heeded for GET alone: no other method defines it (§14.2).
void respond_with_file(const http::RequestHead& request, const ServedFile& file, FileRequest how,
                       std::int64_t now, StaticResponse& response);

}  // namespace tusk::files

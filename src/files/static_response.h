// StaticResponse: the response to a request for a file.
//
// Thread: any; makes no system call.
#pragma once

#include <cstdint>
#include <span>

#include "files/file_body.h"
#include "files/file_loader.h"
#include "http/request.h"
#include "http/response.h"

namespace tusk::files {

// The answer to a request for a file: status, fields, and which part of the file to send.
struct StaticResponse {
  http::ResponseHead head;
  // For Content-Length: the body's size for GET and HEAD; the serialiser leaves it out for a 304. 0
  // for an error, whose page the caller makes.
  http::Framing framing;
  FileBody body;

  void clear();
};

// How the file was chosen.
enum class FileRequest : std::uint8_t {
  kByUrl,     // a client: GET, HEAD and OPTIONS; other methods get 405 with Allow
  kByScript,  // a script hands the file out: treated as GET, whatever the method is
};

// Fills in `response`: 200, 206, 304, 412, 416 (RFC 9110 §13.2.2, §14); for kByUrl also 204 for
// OPTIONS, and 405. The client gets the coding that its Accept-Encoding prefers; ranges and
// validators are those of that coding. `now` is in seconds since 1970.
//
// Range counts only for GET, because no other method defines it (§14.2).
void respond_with_file(const http::RequestHead& request, const ServedFile& file, FileRequest how,
                       std::int64_t now, StaticResponse& response);

}  // namespace tusk::files

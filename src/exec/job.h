// Job: what a PHP worker has to know of one request.
//
// Plain data: one contiguous text (head.text) with offsets into it, and a body in memory or in a
// file. No pointer into the loop's objects, so that it could be copied into shared memory for
// workers in other processes as it is.
//
// Owner: the Exchange. Thread: the loop fills it, the worker reads it, never both at once.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "http/body.h"
#include "http/request.h"
#include "http/request_origin.h"

namespace tusk::exec {

struct Job {
  // The request as it was parsed; whatever else has text is appended to head.text.
  http::RequestHead head;
  http::BodyBuffer body;

  // What the router decided. Paths are absolute; script_name and path_info are decoded.
  http::Span document_root;
  http::Span script_filename;  // file to execute
  http::Span script_name;      // its path below the document root, with a leading slash
  http::Span path_info;        // what follows script_name; empty if nothing does
  http::Span request_uri;      // the target in origin-form: path and query, as sent

  http::RequestOrigin origin;
  http::Span tls_variables;  // for $_SERVER: name, NUL, value, NUL, and so on; empty without TLS
  // What the script is run for: 200, or the status of an error whose page it makes.
  int redirect_status = 200;
  // Another number: the document root was switched to another directory, and what PHP remembers of
  // paths is of the old one.
  std::uint64_t root_generation = 0;

  std::uint64_t request_id = 0;
  base::MonotonicTime received{};  // first byte of the head
  base::MonotonicTime enqueued{};

  std::string_view view(http::Span span) const { return head.view(span); }

  // Appends to head.text and returns where it stands.
  http::Span store(std::string_view text) {
    const http::Span span{static_cast<std::uint32_t>(head.text.size()),
                          static_cast<std::uint32_t>(text.size())};
    head.text.append(text);
    return span;
  }

  void clear() {
    head.clear();
    body.clear();
    document_root = script_filename = script_name = path_info = request_uri = {};
    origin = {};
    tls_variables = {};
    redirect_status = 200;
    root_generation = 0;
    request_id = 0;
  }
};

}  // namespace tusk::exec

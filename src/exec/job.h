// Job: the description of one request for a worker.
//
// Owner: the Exchange. Thread: the loop fills it and the worker reads it, never both at once.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "http/body.h"
#include "http/request.h"
#include "http/request_id.h"
#include "http/request_origin.h"
#include "http/trace_context.h"

namespace tusk::exec {

// The measurements of a script's run that a log asks for.
struct CostMeasures {
  bool time = false;
  bool cpu = false;  // two system calls
  bool memory = false;
};

// One contiguous text (head.text) with offsets into it, and a body in memory or in a file. It has
// no pointer into the loop's objects, but it is not plain data: the text and the body are strings,
// the header fields a vector, and a spooled body is a descriptor. A worker in another process would
// need the text and the fields copied into shared memory and the descriptor passed.
struct Job {
  // The request as it was parsed. All other text is appended to head.text.
  http::RequestHead head;
  http::BodyBuffer body;

  // The router's decision. Paths are absolute; script_name and path_info are decoded.
  http::Span document_root;
  http::Span script_filename;  // file to execute
  http::Span script_name;      // path of the script below the document root, with a leading slash
  http::Span path_info;        // what follows script_name; empty if nothing follows
  http::Span request_uri;      // the target in origin-form, path and query, as sent

  http::RequestOrigin origin;
  http::Span tls_variables;  // for $_SERVER: name, NUL, value, NUL, and so on; empty without TLS
  // The status with which the script starts: 200, or that of the error whose page the script makes.
  int redirect_status = 200;
  // Changes when the document root is switched to another directory: then PHP's cache of paths is
  // out of date.
  std::uint64_t root_generation = 0;

  std::uint16_t pool = 0;  // index of the pool whose workers run it; 0: the default pool

  std::uint64_t request_id = 0;  // its number in this process
  http::Span given_id;           // the id under which logs know it; empty: it is made of the number
  http::TraceContext trace;      // on() only if traces are wanted
  CostMeasures measures;
  base::MonotonicTime received{};  // first byte of the head
  base::MonotonicTime enqueued{};

  std::string_view view(http::Span span) const { return head.view(span); }

  http::RequestId id() const {
    return given_id.length != 0 ? http::RequestId::given(view(given_id))
                                : http::RequestId::made_for(request_id);
  }

  // Appends `text` to head.text and returns its position.
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
    pool = 0;
    request_id = 0;
    given_id = {};
    trace = {};
    measures = {};
  }
};

}  // namespace tusk::exec

#include "exec/process/job_encoding.h"

#include <cstring>
#include <type_traits>

namespace tusk::exec::process {

namespace {

// All of a Job but its text, fields and body. The server and the host are built from one source:
// the layout is the compiler's, and `size` finds a host of another version.
struct Fixed {
  std::uint32_t size = sizeof(Fixed);
  std::uint32_t text_bytes = 0;
  std::uint32_t fields = 0;
  BodyPlace body = BodyPlace::kNone;
  http::Version version = http::Version::kHttp11;
  bool has_query = false;
  bool keep_alive = true;
  bool expect_continue = false;
  bool chunked = false;
  bool has_content_length = false;
  std::uint64_t content_length = 0;
  std::uint64_t body_bytes = 0;
  http::Span method, target, path, query, authority;
  http::Span document_root, script_filename, script_name, path_info, request_uri;
  http::RequestOrigin origin;
  http::Span tls_variables, given_id;
  int redirect_status = 200;
  std::uint16_t pool = 0;
  CostMeasures measures;
  std::uint64_t root_generation = 0;
  std::uint64_t request_id = 0;
  http::TraceContext trace;
  std::int64_t received_ns = 0;
  std::int64_t enqueued_ns = 0;
};
static_assert(std::is_trivially_copyable_v<Fixed>);
static_assert(std::is_trivially_copyable_v<http::HeaderField>);

Fixed fixed_of(const Job& job) {
  const http::RequestHead& head = job.head;
  Fixed fixed;
  fixed.text_bytes = static_cast<std::uint32_t>(head.text.size());
  fixed.fields = static_cast<std::uint32_t>(head.fields.size());
  fixed.body = body_place(job);
  fixed.version = head.version;
  fixed.has_query = head.has_query;
  fixed.keep_alive = head.keep_alive;
  fixed.expect_continue = head.expect_continue;
  fixed.chunked = head.chunked;
  fixed.has_content_length = head.content_length.has_value();
  fixed.content_length = head.content_length.value_or(0);
  fixed.body_bytes = job.body.size();
  fixed.method = head.method;
  fixed.target = head.target;
  fixed.path = head.path;
  fixed.query = head.query;
  fixed.authority = head.authority;
  fixed.document_root = job.document_root;
  fixed.script_filename = job.script_filename;
  fixed.script_name = job.script_name;
  fixed.path_info = job.path_info;
  fixed.request_uri = job.request_uri;
  fixed.origin = job.origin;
  fixed.tls_variables = job.tls_variables;
  fixed.given_id = job.given_id;
  fixed.redirect_status = job.redirect_status;
  fixed.pool = job.pool;
  fixed.measures = job.measures;
  fixed.root_generation = job.root_generation;
  fixed.request_id = job.request_id;
  fixed.trace = job.trace;
  fixed.received_ns = job.received.time_since_epoch().count();
  fixed.enqueued_ns = job.enqueued.time_since_epoch().count();
  return fixed;
}

void fill(const Fixed& fixed, Job& job) {
  http::RequestHead& head = job.head;
  head.version = fixed.version;
  head.has_query = fixed.has_query;
  head.keep_alive = fixed.keep_alive;
  head.expect_continue = fixed.expect_continue;
  head.chunked = fixed.chunked;
  if (fixed.has_content_length) head.content_length = fixed.content_length;
  head.method = fixed.method;
  head.target = fixed.target;
  head.path = fixed.path;
  head.query = fixed.query;
  head.authority = fixed.authority;
  job.document_root = fixed.document_root;
  job.script_filename = fixed.script_filename;
  job.script_name = fixed.script_name;
  job.path_info = fixed.path_info;
  job.request_uri = fixed.request_uri;
  job.origin = fixed.origin;
  job.tls_variables = fixed.tls_variables;
  job.given_id = fixed.given_id;
  job.redirect_status = fixed.redirect_status;
  job.pool = fixed.pool;
  job.measures = fixed.measures;
  job.root_generation = fixed.root_generation;
  job.request_id = fixed.request_id;
  job.trace = fixed.trace;
  job.received = base::MonotonicTime(base::Duration(fixed.received_ns));
  job.enqueued = base::MonotonicTime(base::Duration(fixed.enqueued_ns));
}

}  // namespace

BodyPlace body_place(const Job& job) {
  if (job.body.empty()) return BodyPlace::kNone;
  return job.body.in_memory() && job.body.size() <= kInlineBody ? BodyPlace::kInline
                                                                : BodyPlace::kDescriptor;
}

std::size_t encode(const Job& job, std::span<char> out) {
  const Fixed fixed = fixed_of(job);
  const std::size_t field_bytes = fixed.fields * sizeof(http::HeaderField);
  const std::size_t body_bytes = fixed.body == BodyPlace::kInline ? fixed.body_bytes : 0;
  const std::size_t total = sizeof fixed + field_bytes + fixed.text_bytes + body_bytes;
  if (total > out.size()) return 0;
  char* at = out.data();
  const auto put = [&at](const void* bytes, std::size_t size) {
    if (size != 0) std::memcpy(at, bytes, size);
    at += size;
  };
  put(&fixed, sizeof fixed);
  put(job.head.fields.data(), field_bytes);
  put(job.head.text.data(), fixed.text_bytes);
  if (body_bytes != 0) put(job.body.memory().data(), body_bytes);
  return total;
}

bool decode(std::span<const char> bytes, Job& job, DecodedBody& body) {
  Fixed fixed;
  if (bytes.size() < sizeof fixed) return false;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  bytes = bytes.subspan(sizeof fixed);
  const std::size_t field_bytes = std::size_t{fixed.fields} * sizeof(http::HeaderField);
  const std::size_t body_bytes = fixed.body == BodyPlace::kInline ? fixed.body_bytes : 0;
  if (fixed.size != sizeof fixed || fixed.body > BodyPlace::kDescriptor) return false;
  if (bytes.size() != field_bytes + fixed.text_bytes + body_bytes) return false;
  job.clear();
  fill(fixed, job);
  job.head.fields.resize(fixed.fields);
  if (field_bytes != 0) std::memcpy(job.head.fields.data(), bytes.data(), field_bytes);
  job.head.text.assign(bytes.data() + field_bytes, fixed.text_bytes);
  body = {.place = fixed.body,
          .size = fixed.body_bytes,
          .bytes = bytes.subspan(field_bytes + fixed.text_bytes)};
  return true;
}

}  // namespace tusk::exec::process

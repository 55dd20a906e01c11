#include "exec/process/job_encoding.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace tusk::exec::process {

namespace {

// All of a Job but its text, fields and body. The server and the host are built from one source:
// the layout is the compiler's, and `size` finds a host of another version.
//
// It has no padding, which would carry whatever the server had in that memory, and no `bool`, in
// which any other number is undefined.
struct Fixed {
  std::uint32_t size = sizeof(Fixed);
  std::uint32_t text_bytes = 0;
  std::uint32_t fields = 0;
  std::int32_t redirect_status = 0;
  BodyPlace body = BodyPlace::kNone;
  http::Version version = http::Version::kHttp11;
  std::uint8_t has_query = 0;
  std::uint8_t keep_alive = 0;
  std::uint8_t expect_continue = 0;
  std::uint8_t chunked = 0;
  std::uint8_t has_content_length = 0;
  std::uint8_t tls = 0;
  http::RequestOrigin::Sharing sharing = http::RequestOrigin::Sharing::kOneClient;
  std::uint8_t measures_time = 0;
  std::uint8_t measures_cpu = 0;
  std::uint8_t measures_memory = 0;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint16_t pool = 0;
  std::uint8_t trace_flags = 0;
  std::array<std::uint8_t, 5> reserved{};
  http::Span method, target, path, query, authority;
  http::Span document_root, script_filename, script_name, path_info, request_uri;
  http::Span client_address, host, server_address, tls_variables, given_id;
  std::uint64_t content_length = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t root_generation = 0;
  std::uint64_t request_id = 0;
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t trace_span = 0;
  std::uint64_t trace_parent = 0;
  std::int64_t received_ns = 0;
  std::int64_t enqueued_ns = 0;
};
static_assert(std::is_trivially_copyable_v<Fixed>);
static_assert(std::has_unique_object_representations_v<Fixed>, "no padding");
static_assert(std::is_trivially_copyable_v<http::HeaderField>);
static_assert(std::has_unique_object_representations_v<http::HeaderField>, "no padding");

void put_head(const http::RequestHead& head, Fixed& fixed) {
  fixed.text_bytes = static_cast<std::uint32_t>(head.text.size());
  fixed.fields = static_cast<std::uint32_t>(head.fields.size());
  fixed.version = head.version;
  fixed.has_query = head.has_query;
  fixed.keep_alive = head.keep_alive;
  fixed.expect_continue = head.expect_continue;
  fixed.chunked = head.chunked;
  fixed.has_content_length = head.content_length.has_value();
  fixed.content_length = head.content_length.value_or(0);
  fixed.method = head.method;
  fixed.target = head.target;
  fixed.path = head.path;
  fixed.query = head.query;
  fixed.authority = head.authority;
}

void put_origin(const http::RequestOrigin& origin, Fixed& fixed) {
  fixed.client_address = origin.client_address;
  fixed.client_port = origin.client_port;
  fixed.sharing = origin.sharing;
  fixed.tls = origin.tls;
  fixed.host = origin.host;
  fixed.server_address = origin.server_address;
  fixed.server_port = origin.server_port;
}

void put_trace(const http::TraceContext& trace, Fixed& fixed) {
  fixed.trace_high = trace.trace_high;
  fixed.trace_low = trace.trace_low;
  fixed.trace_span = trace.span;
  fixed.trace_parent = trace.parent;
  fixed.trace_flags = trace.flags;
}

Fixed fixed_of(const Job& job) {
  Fixed fixed;
  put_head(job.head, fixed);
  put_origin(job.origin, fixed);
  put_trace(job.trace, fixed);
  fixed.body = body_place(job);
  fixed.body_bytes = job.body.size();
  fixed.document_root = job.document_root;
  fixed.script_filename = job.script_filename;
  fixed.script_name = job.script_name;
  fixed.path_info = job.path_info;
  fixed.request_uri = job.request_uri;
  fixed.tls_variables = job.tls_variables;
  fixed.given_id = job.given_id;
  fixed.redirect_status = job.redirect_status;
  fixed.pool = job.pool;
  fixed.measures_time = job.measures.time;
  fixed.measures_cpu = job.measures.cpu;
  fixed.measures_memory = job.measures.memory;
  fixed.root_generation = job.root_generation;
  fixed.request_id = job.request_id;
  fixed.received_ns = job.received.time_since_epoch().count();
  fixed.enqueued_ns = job.enqueued.time_since_epoch().count();
  return fixed;
}

void fill_head(const Fixed& fixed, http::RequestHead& head) {
  head.version = fixed.version;
  head.has_query = fixed.has_query != 0;
  head.keep_alive = fixed.keep_alive != 0;
  head.expect_continue = fixed.expect_continue != 0;
  head.chunked = fixed.chunked != 0;
  if (fixed.has_content_length != 0) head.content_length = fixed.content_length;
  head.method = fixed.method;
  head.target = fixed.target;
  head.path = fixed.path;
  head.query = fixed.query;
  head.authority = fixed.authority;
}

void fill(const Fixed& fixed, Job& job) {
  fill_head(fixed, job.head);
  job.document_root = fixed.document_root;
  job.script_filename = fixed.script_filename;
  job.script_name = fixed.script_name;
  job.path_info = fixed.path_info;
  job.request_uri = fixed.request_uri;
  job.origin = {.client_address = fixed.client_address,
                .client_port = fixed.client_port,
                .sharing = fixed.sharing,
                .tls = fixed.tls != 0,
                .host = fixed.host,
                .server_address = fixed.server_address,
                .server_port = fixed.server_port};
  job.tls_variables = fixed.tls_variables;
  job.given_id = fixed.given_id;
  job.redirect_status = fixed.redirect_status;
  job.pool = fixed.pool;
  job.measures = {.time = fixed.measures_time != 0,
                  .cpu = fixed.measures_cpu != 0,
                  .memory = fixed.measures_memory != 0};
  job.root_generation = fixed.root_generation;
  job.request_id = fixed.request_id;
  job.trace = {.trace_high = fixed.trace_high,
               .trace_low = fixed.trace_low,
               .span = fixed.trace_span,
               .parent = fixed.trace_parent,
               .flags = fixed.trace_flags};
  job.received = base::MonotonicTime(base::Duration(fixed.received_ns));
  job.enqueued = base::MonotonicTime(base::Duration(fixed.enqueued_ns));
}

bool is_consistent(const Fixed& fixed) {
  if (fixed.size != sizeof fixed) return false;
  if (fixed.body > BodyPlace::kDescriptor || fixed.version > http::Version::kHttp2) return false;
  if (fixed.sharing > http::RequestOrigin::Sharing::kManyClients) return false;
  return (fixed.body == BodyPlace::kNone) == (fixed.body_bytes == 0);
}

// Each span lies in the text.
bool spans_fit(const Fixed& fixed, std::span<const http::HeaderField> fields) {
  const auto fits = [&fixed](http::Span span) {
    return std::uint64_t{span.offset} + span.length <= fixed.text_bytes;
  };
  for (const http::Span span :
       {fixed.method, fixed.target, fixed.path, fixed.query, fixed.authority, fixed.document_root,
        fixed.script_filename, fixed.script_name, fixed.path_info, fixed.request_uri,
        fixed.client_address, fixed.host, fixed.server_address, fixed.tls_variables,
        fixed.given_id}) {
    if (!fits(span)) return false;
  }
  return std::ranges::all_of(fields, [&fits](const http::HeaderField& field) {
    return fits(field.name) && fits(field.value);
  });
}

// Takes the first `size` bytes of `bytes`. False: it is shorter.
bool take(std::span<const char>& bytes, std::uint64_t size, std::span<const char>& taken) {
  if (size > bytes.size()) return false;
  taken = bytes.first(size);
  bytes = bytes.subspan(size);
  return true;
}

}  // namespace

BodyPlace body_place(const Job& job) {
  if (job.body.empty()) return BodyPlace::kNone;
  return job.body.in_memory() && job.body.size() <= kInlineBody ? BodyPlace::kInline
                                                                : BodyPlace::kDescriptor;
}

std::size_t encode(const Job& job, std::span<char> out) {
  const Fixed fixed = fixed_of(job);
  const std::size_t field_bytes = std::size_t{fixed.fields} * sizeof(http::HeaderField);
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
  std::span<const char> part;
  if (!take(bytes, sizeof fixed, part)) return false;
  std::memcpy(&fixed, part.data(), sizeof fixed);
  if (!is_consistent(fixed)) return false;
  std::span<const char> fields;
  std::span<const char> text;
  if (!take(bytes, std::uint64_t{fixed.fields} * sizeof(http::HeaderField), fields)) return false;
  if (!take(bytes, fixed.text_bytes, text)) return false;
  if (bytes.size() != (fixed.body == BodyPlace::kInline ? fixed.body_bytes : 0)) return false;
  job.clear();
  job.head.fields.resize(fixed.fields);
  if (!fields.empty()) std::memcpy(job.head.fields.data(), fields.data(), fields.size());
  if (!spans_fit(fixed, job.head.fields)) {
    job.clear();
    return false;
  }
  fill(fixed, job);
  job.head.text.assign(text.data(), text.size());
  body = {.place = fixed.body, .size = fixed.body_bytes, .bytes = bytes};
  return true;
}

}  // namespace tusk::exec::process

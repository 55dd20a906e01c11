#include "exec/process/job_encoding.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::exec::process {
namespace {

// Encodes into memory of exactly that size, so that a sanitizer sees a read beyond it.
std::vector<char> encoded(const Job& job) {
  std::vector<char> out(std::size_t{1} << 20U);
  out.resize(encode(job, out));
  out.shrink_to_fit();
  return out;
}

void set_body(Job& job, std::string_view body, http::BodyUsage& usage, bool in_file = false) {
  http::BodySpool spool;
  spool.usage = &usage;
  spool.memory_bytes = in_file ? 0 : std::size_t{1} << 20U;
  ASSERT_TRUE(job.body.append(body, spool));
  ASSERT_TRUE(job.body.finish(spool));
}

// A job in which no member has its default.
void fill(Job& job) {
  http::RequestHead& head = job.head;
  head.method = head.append("POST");
  head.target = head.append("/a%20b/index.php/info?q=1");
  head.path = {head.target.offset, 20};
  head.query = {head.target.offset + 21, 3};
  head.authority = head.append("example.com:8080");
  head.version = http::Version::kHttp2;
  head.has_query = true;
  head.keep_alive = false;
  head.expect_continue = true;
  head.chunked = true;
  head.content_length = 12;
  head.add_field("Host", "example.com:8080");
  head.add_field("X-Empty", "");
  job.document_root = job.store("/srv");
  job.script_filename = job.store("/srv/index.php");
  job.script_name = job.store("/index.php");
  job.path_info = job.store("/info");
  job.request_uri = head.target;
  job.origin = {.client_address = job.store("192.0.2.1"),
                .client_port = 1234,
                .sharing = http::RequestOrigin::Sharing::kManyClients,
                .tls = true,
                .host = job.store("example.com"),
                .server_address = job.store("192.0.2.2"),
                .server_port = 443};
  job.tls_variables = job.store(std::string_view("NAME\0value\0", 11));
  job.given_id = job.store("an-id");
  job.redirect_status = 404;
  job.root_generation = UINT64_MAX;
  job.pool = 65535;
  job.request_id = UINT64_MAX - 1;
  job.trace = {.trace_high = 1, .trace_low = 2, .span = 3, .parent = 4, .flags = 1};
  job.measures = {.time = true, .cpu = true, .memory = true};
  job.received = base::MonotonicTime(base::Duration(123));
  job.enqueued = base::MonotonicTime(base::Duration(INT64_MAX));
}

void expect_same(const Job& job, http::Span span, const Job& other, http::Span other_span) {
  EXPECT_EQ(job.view(span), other.view(other_span));
}

void expect_same_head(const http::RequestHead& head, const http::RequestHead& other) {
  EXPECT_EQ(head.text, other.text);
  EXPECT_EQ(head.view(head.method), other.view(other.method));
  EXPECT_EQ(head.view(head.target), other.view(other.target));
  EXPECT_EQ(head.view(head.path), other.view(other.path));
  EXPECT_EQ(head.view(head.query), other.view(other.query));
  EXPECT_EQ(head.view(head.authority), other.view(other.authority));
  EXPECT_EQ(head.version, other.version);
  EXPECT_EQ(head.has_query, other.has_query);
  EXPECT_EQ(head.keep_alive, other.keep_alive);
  EXPECT_EQ(head.expect_continue, other.expect_continue);
  EXPECT_EQ(head.chunked, other.chunked);
  EXPECT_EQ(head.content_length, other.content_length);
  ASSERT_EQ(head.fields.size(), other.fields.size());
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    EXPECT_EQ(head.view(head.fields[i].name), other.view(other.fields[i].name));
    EXPECT_EQ(head.view(head.fields[i].value), other.view(other.fields[i].value));
  }
}

void expect_same(const Job& job, const Job& other) {
  expect_same_head(job.head, other.head);
  expect_same(job, job.document_root, other, other.document_root);
  expect_same(job, job.script_filename, other, other.script_filename);
  expect_same(job, job.script_name, other, other.script_name);
  expect_same(job, job.path_info, other, other.path_info);
  expect_same(job, job.request_uri, other, other.request_uri);
  expect_same(job, job.origin.client_address, other, other.origin.client_address);
  EXPECT_EQ(job.origin.client_port, other.origin.client_port);
  EXPECT_EQ(job.origin.sharing, other.origin.sharing);
  EXPECT_EQ(job.origin.tls, other.origin.tls);
  expect_same(job, job.origin.host, other, other.origin.host);
  expect_same(job, job.origin.server_address, other, other.origin.server_address);
  EXPECT_EQ(job.origin.server_port, other.origin.server_port);
  expect_same(job, job.tls_variables, other, other.tls_variables);
  expect_same(job, job.given_id, other, other.given_id);
  EXPECT_EQ(job.redirect_status, other.redirect_status);
  EXPECT_EQ(job.root_generation, other.root_generation);
  EXPECT_EQ(job.pool, other.pool);
  EXPECT_EQ(job.request_id, other.request_id);
  EXPECT_EQ(job.trace.trace_high, other.trace.trace_high);
  EXPECT_EQ(job.trace.trace_low, other.trace.trace_low);
  EXPECT_EQ(job.trace.span, other.trace.span);
  EXPECT_EQ(job.trace.parent, other.trace.parent);
  EXPECT_EQ(job.trace.flags, other.trace.flags);
  EXPECT_EQ(job.measures.time, other.measures.time);
  EXPECT_EQ(job.measures.cpu, other.measures.cpu);
  EXPECT_EQ(job.measures.memory, other.measures.memory);
  EXPECT_EQ(job.received, other.received);
  EXPECT_EQ(job.enqueued, other.enqueued);
}

TEST(JobEncoding, KeepsEveryMember) {
  Job job;
  fill(job);
  Job got;
  DecodedBody body;
  ASSERT_TRUE(decode(encoded(job), got, body));
  expect_same(job, got);
  EXPECT_EQ(body.place, BodyPlace::kNone);
  EXPECT_EQ(body.size, 0U);
}

// The members that are alike in an encoding are not exchanged.
TEST(JobEncoding, KeepsEachFlagApart) {
  for (unsigned flag = 0; flag < 9; ++flag) {
    Job job;
    job.head.has_query = flag == 0;
    job.head.keep_alive = flag == 1;
    job.head.expect_continue = flag == 2;
    job.head.chunked = flag == 3;
    if (flag == 4) job.head.content_length = 0;
    job.origin.tls = flag == 5;
    job.measures = {.time = flag == 6, .cpu = flag == 7, .memory = flag == 8};
    Job got;
    DecodedBody body;
    ASSERT_TRUE(decode(encoded(job), got, body));
    expect_same(job, got);
  }
}

TEST(JobEncoding, ReplacesAnEarlierJob) {
  http::BodyUsage usage;
  Job got;
  fill(got);
  set_body(got, "old", usage);
  const Job empty;
  DecodedBody body{.place = BodyPlace::kInline, .size = 3, .bytes = got.body.memory()};
  ASSERT_TRUE(decode(encoded(empty), got, body));
  expect_same(empty, got);
  EXPECT_TRUE(got.body.empty());
  EXPECT_EQ(body.place, BodyPlace::kNone);
  EXPECT_TRUE(body.bytes.empty());
}

TEST(JobEncoding, CarriesASmallBody) {
  http::BodyUsage usage;
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, kInlineBody}) {
    Job job;
    fill(job);
    set_body(job, std::string(size, 'b'), usage);
    EXPECT_EQ(body_place(job), BodyPlace::kInline);
    const std::vector<char> bytes = encoded(job);
    Job got;
    DecodedBody body;
    ASSERT_TRUE(decode(bytes, got, body));
    expect_same(job, got);
    EXPECT_EQ(body.place, BodyPlace::kInline);
    EXPECT_EQ(body.size, size);
    EXPECT_EQ(std::string(body.bytes.begin(), body.bytes.end()), std::string(size, 'b'));
  }
}

TEST(JobEncoding, LeavesALargeBodyOutside) {
  http::BodyUsage usage;
  for (const bool in_file : {false, true}) {
    Job job;
    const std::size_t size = in_file ? 5 : kInlineBody + 1;
    set_body(job, std::string(size, 'b'), usage, in_file);
    EXPECT_EQ(body_place(job), BodyPlace::kDescriptor);
    Job got;
    DecodedBody body;
    ASSERT_TRUE(decode(encoded(job), got, body));
    EXPECT_EQ(body.place, BodyPlace::kDescriptor);
    EXPECT_EQ(body.size, size);
    EXPECT_TRUE(body.bytes.empty());
  }
}

TEST(JobEncoding, FitsExactlyOrNotAtAll) {
  http::BodyUsage usage;
  Job job;
  fill(job);
  set_body(job, "body", usage);
  const std::vector<char> bytes = encoded(job);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::vector<char> small(size, 'x');
    ASSERT_EQ(encode(job, small), 0U) << size;
    ASSERT_TRUE(std::ranges::all_of(small, [](char c) { return c == 'x'; })) << "nothing written";
  }
  std::vector<char> exact(bytes.size());
  EXPECT_EQ(encode(job, exact), bytes.size());
}

TEST(JobEncoding, CarriesTheLargestHead) {
  Job job;
  job.head.text.assign(200'000, 't');
  job.head.method = {0, 200'000};
  job.head.target = {200'000, 0};
  job.head.fields.assign(2'000, {{199'999, 1}, {0, 200'000}});
  Job got;
  DecodedBody body;
  ASSERT_TRUE(decode(encoded(job), got, body));
  expect_same(job, got);
}

// The padding of a struct would carry what was in the server's memory before.
TEST(JobEncoding, OfEqualJobsIsEqual) {
  const auto encoded_after = [](char dirt) {
    std::vector<char> memory(sizeof(Job) + alignof(Job), dirt);
    const std::size_t shift =
        alignof(Job) - reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Job);
    Job* const job = new (memory.data() + shift) Job;
    fill(*job);
    const std::vector<char> bytes = encoded(*job);
    job->~Job();
    return bytes;
  };
  EXPECT_EQ(encoded_after('\0'), encoded_after('\x55'));
}

TEST(JobEncoding, TruncatedIsRefused) {
  http::BodyUsage usage;
  Job job;
  fill(job);
  set_body(job, "body", usage);
  const std::vector<char> bytes = encoded(job);
  Job got;
  DecodedBody body;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(decode(part, got, body)) << size;
  }
  std::vector<char> longer = bytes;
  longer.push_back('x');
  EXPECT_FALSE(decode(longer, got, body));
  EXPECT_TRUE(decode(bytes, got, body));
}

// The size of the struct, of the text, and the number of fields come first.
TEST(JobEncoding, AnotherLengthIsRefused) {
  http::BodyUsage usage;
  Job job;
  fill(job);
  set_body(job, "body", usage);
  const std::vector<char> bytes = encoded(job);
  Job got;
  DecodedBody body;
  for (std::size_t bit = 0; bit < 3 * 32; ++bit) {
    std::vector<char> other = bytes;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode(other, got, body)) << bit;
  }
}

// Any change of one byte is refused or gives a job whose spans lie in its text.
TEST(JobEncoding, AnyChangedByteIsRefusedOrHarmless) {
  http::BodyUsage usage;
  Job job;
  fill(job);
  set_body(job, "body", usage);
  const std::vector<char> bytes = encoded(job);
  Job got;
  DecodedBody body;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::vector<char> other = bytes;
      other[at] = static_cast<char>(other[at] ^ change);
      if (!decode(other, got, body)) {
        ++refused;
        continue;
      }
      ASSERT_LE(body.bytes.size(), other.size());
      for (const http::HeaderField& field : got.head.fields) {
        static_cast<void>(got.view(field.name));
        static_cast<void>(got.view(field.value));
      }
      for (const http::Span span : {got.head.path, got.script_filename, got.origin.host})
        static_cast<void>(got.view(span));
    }
  }
  EXPECT_GT(refused, 100U);
}

// Lengths whose sum is right modulo 2^64.
TEST(JobEncoding, LengthsThatWrapAreRefused) {
  http::BodyUsage usage;
  Job job;
  fill(job);
  set_body(job, "body", usage);
  std::vector<char> bytes = encoded(job);
  // The one place where the number 4, the body's size, is 64 bits wide.
  const std::uint64_t old_size = 4;
  std::uint64_t new_size = old_size - 1'000'000;
  std::size_t found = 0;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    if (std::memcmp(bytes.data() + at, &old_size, 8) != 0) continue;
    if (++found == 1) std::memcpy(bytes.data() + at, &new_size, 8);
  }
  ASSERT_GE(found, 1U);
  std::uint32_t text = 0;
  std::memcpy(&text, bytes.data() + 4, sizeof text);
  text += 1'000'000;
  std::memcpy(bytes.data() + 4, &text, sizeof text);
  Job got;
  DecodedBody body;
  EXPECT_FALSE(decode(bytes, got, body));
}

}  // namespace
}  // namespace tusk::exec::process

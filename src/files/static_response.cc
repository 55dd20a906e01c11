#include "files/static_response.h"

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "files/preconditions.h"
#include "http/range.h"

namespace tusk::files {
namespace {

// If qualities are equal: brotli is the smallest, zstd nearly as small, gzip the best supported.
constexpr std::array<http::ContentCoding, 3> kPreferred = {
    http::ContentCoding::kBrotli, http::ContentCoding::kZstd, http::ContentCoding::kGzip};

const RepresentationRef& choose(const http::RequestHead& request, const ServedFile& file) {
  if (!file.varies()) return file.identity();
  std::array<http::ContentCoding, kPreferred.size()> offers{};
  std::size_t count = 0;
  const bool in_parts = request.contains("range");
  for (const http::ContentCoding coding : kPreferred) {
    const RepresentationRef& offer = file.in[static_cast<std::size_t>(coding)];
    // No ranges of what was compressed here: compressed again, the bytes may differ.
    if (offer != nullptr && !(in_parts && offer->made_here)) offers[count++] = coding;
  }
  const http::ContentCoding chosen =
      http::AcceptEncoding::of(request).choose(std::span(offers).first(count));
  return file.in[static_cast<std::size_t>(chosen)];
}

// A boundary that no file contains by chance and that the author of a file cannot predict.
std::string make_boundary() {
  static const std::uint64_t seed =
      std::random_device()() | (std::uint64_t{std::random_device()()} << 32);
  static std::atomic<std::uint64_t> count{0};  // shared by the loops
  std::uint64_t mixed = seed + 0x9e3779b97f4a7c15 * count.fetch_add(1, std::memory_order_relaxed);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return fmt::format("{:020d}", mixed ^ (mixed >> 31));
}

// The fields of the 200 that are repeated: a 304 repeats those that guide caches (RFC 9110
// §15.4.5), a 206 the others too (§15.3.7).
enum class Repeated : std::uint8_t { kAll, kCacheFields };

void copy_fields(const http::ResponseHead& from, http::ResponseHead& to, Repeated fields) {
  for (const http::HeaderField& field : from.fields) {
    const std::string_view name = from.view(field.name);
    if (name == "Accept-Ranges") continue;
    const bool guides = name == "ETag" || name == "Cache-Control" || name == "Vary";
    if (fields == Repeated::kAll || guides) to.add(name, from.view(field.value));
  }
}

// Whether the response to this method has a body.
enum class Body : std::uint8_t { kSent, kOmitted };

void respond_whole(const RepresentationRef& file, Body body, StaticResponse& response) {
  response.head = file->head;
  response.framing = http::Framing::known(file->size_bytes);
  if (body == Body::kSent && file->size_bytes > 0) {
    response.body = FileBody(file, {.first = 0, .last = file->size_bytes - 1});
  }
}

void respond_with_parts(const RepresentationRef& file, const std::vector<http::ByteRange>& ranges,
                        StaticResponse& response) {
  response.head.status = 206;
  copy_fields(file->head, response.head, Repeated::kAll);
  if (ranges.size() == 1) {
    std::string content_range;
    http::append_content_range(content_range, ranges.front(), file->size_bytes);
    response.head.add("Content-Range", content_range);
    response.body = FileBody(file, ranges.front());
  } else {
    const std::string boundary = make_boundary();
    response.head.set("Content-Type", "multipart/byteranges; boundary=" + boundary);
    response.body = FileBody(file, ranges, boundary);
  }
  response.framing = http::Framing::known(response.body.size());
}

void respond_unsatisfiable(const Representation& file, StaticResponse& response) {
  response.head.status = 416;
  std::string content_range;
  http::append_unsatisfied_range(content_range, file.size_bytes);
  response.head.add("Content-Range", content_range);
  response.framing = http::Framing::known(0);
}

void send_file(const Preconditions& preconditions, const RepresentationRef& file, std::int64_t now,
               bool is_head, StaticResponse& response) {
  const Validators validators{file->tag, file->modified_seconds};
  const std::string_view range =
      is_head ? std::string_view() : preconditions.range(validators, now);
  if (range.empty()) {
    return respond_whole(file, is_head ? Body::kOmitted : Body::kSent, response);
  }
  std::vector<http::ByteRange> ranges;
  switch (http::parse_range(range, file->size_bytes, ranges)) {
    case http::RangeOutcome::kWhole:
      return respond_whole(file, Body::kSent, response);
    case http::RangeOutcome::kPartial:
      return respond_with_parts(file, ranges, response);
    case http::RangeOutcome::kUnsatisfiable:
      return respond_unsatisfiable(*file, response);
  }
}

}  // namespace

void StaticResponse::clear() {
  head.clear();
  framing = {};
  body = {};
}

void respond_with_file(const http::RequestHead& request, const ServedFile& file, FileRequest how,
                       std::int64_t now, StaticResponse& response) {
  response.clear();
  const std::string_view method = request.view(request.method);
  const bool is_head = method == "HEAD";
  if (how == FileRequest::kByUrl && method != "GET" && !is_head) {
    response.head.status = method == "OPTIONS" ? 204 : 405;
    response.head.add("Allow", "GET, HEAD, OPTIONS");
    response.framing = http::Framing::known(0);
    return;
  }
  const RepresentationRef& chosen = choose(request, file);
  const Preconditions preconditions(request);
  switch (preconditions.evaluate({chosen->tag, chosen->modified_seconds}, now)) {
    case PreconditionOutcome::kSend:
      return send_file(preconditions, chosen, now, is_head, response);
    case PreconditionOutcome::kNotModified:
      response.head.status = 304;
      copy_fields(chosen->head, response.head, Repeated::kCacheFields);
      response.framing = http::Framing::known(0);
      return;
    case PreconditionOutcome::kFailed:
      response.head.status = 412;
      response.framing = http::Framing::known(0);
      return;
  }
}

}  // namespace tusk::files

#include "http/coding/response_fields.h"

#include <charconv>
#include <string>

#include "http/entity_tag.h"
#include "http/token.h"

namespace tusk::http::coding {

namespace {

bool status_has_whole_body(int status) {
  return status >= 200 && status != 204 && status != 205 && status != 206 && status != 304;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void note_field(ResponseFacts& facts, std::string_view name, std::string_view value) {
  const auto is = [name](std::string_view lower) { return equals_lower(name, lower); };
  switch (name.size()) {
    case 4:
      if (is("etag") && facts.entity_tag.empty()) facts.entity_tag = value;
      break;
    case 6:  // RFC 3230: a digest of the bytes as sent
      if (is("digest")) facts.may_be_encoded = false;
      break;
    case 11:  // RFC 9530: must be of the encoded bytes, but was computed before
      if (is("repr-digest") || is("content-md5")) facts.may_be_encoded = false;
      break;
    case 12:
      if (is("content-type")) facts.content_type = value;
      break;
    case 13:
      if (is("cache-control") && list_contains(value, "no-transform")) {
        facts.may_be_encoded = false;
      }
      if (is("content-range")) facts.may_be_encoded = false;
      break;
    case 14:
      if (is("content-length")) facts.length = number(value);
      if (is("content-digest")) facts.may_be_encoded = false;
      break;
    case 16:
      if (is("content-encoding")) facts.may_be_encoded = false;
      break;
    default:
      break;
  }
}

}  // namespace

ResponseFacts facts_of(const ResponseHead& head) {
  ResponseFacts facts;
  facts.may_be_encoded = status_has_whole_body(head.status);
  for (const HeaderField& field : head.fields) {
    note_field(facts, head.view(field.name), head.view(field.value));
  }
  return facts;
}

void add_vary(ResponseHead& head) {
  std::string all;
  bool there = false;
  for (const HeaderField& field : head.fields) {
    if (!equals_lower(head.view(field.name), "vary")) continue;
    const std::string_view value = head.view(field.value);
    there = there || list_contains(value, "accept-encoding") || list_contains(value, "*");
    if (!value.empty()) all.append(value).append(", ");
  }
  if (there) return;
  if (all.empty()) {
    head.set("Vary", "Accept-Encoding");
    return;
  }
  all.append("Accept-Encoding");
  head.set("Vary", all);
}

void weaken_entity_tag(ResponseHead& head) {
  const std::string_view tag = head.find("ETag");
  if (tag.starts_with("W/") || !is_entity_tag(tag)) return;
  const std::string weak = "W/" + std::string(tag);
  head.set("ETag", weak);
}

void mark_as_encoded(ResponseHead& head, ContentCoding coding) {
  head.remove("Content-Length");
  head.remove("Accept-Ranges");
  weaken_entity_tag(head);
  head.add("Content-Encoding", name_of(coding));
  add_vary(head);
}

bool asks_for_weakened(const RequestHead& request, std::string_view tag) {
  if (tag.starts_with("W/") || !is_entity_tag(tag)) return false;
  bool weak = false;
  for (const HeaderField& field : request.fields) {
    if (!equals_lower(request.view(field.name), "if-none-match")) continue;
    const std::string_view list = request.view(field.value);
    if (matches_tag_list(list, tag, TagComparison::kStrong)) return false;
    weak = weak || matches_tag_list(list, tag, TagComparison::kWeak);
  }
  return weak;
}

}  // namespace tusk::http::coding

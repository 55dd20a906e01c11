#include "http/request.h"

#include "base/check.h"
#include "http/token.h"

namespace tusk::http {

const HeaderField* RequestHead::find_field(std::string_view lower_case_name) const {
  for (const HeaderField& field : fields) {
    if (equals_lower(view(field.name), lower_case_name)) return &field;
  }
  return nullptr;
}

std::string_view RequestHead::find(std::string_view lower_case_name) const {
  const HeaderField* field = find_field(lower_case_name);
  return field == nullptr ? std::string_view() : view(field->value);
}

bool RequestHead::contains(std::string_view lower_case_name) const {
  return find_field(lower_case_name) != nullptr;
}

Span RequestHead::append(std::string_view piece) {
  TUSK_CHECK(text.size() + piece.size() <= UINT32_MAX);
  const Span span{static_cast<std::uint32_t>(text.size()),
                  static_cast<std::uint32_t>(piece.size())};
  text.append(piece);
  return span;
}

void RequestHead::add_field(std::string_view name, std::string_view value) {
  const Span name_span = append(name);
  fields.push_back({name_span, append(value)});
}

void RequestHead::clear() {
  text.clear();
  fields.clear();
  method = target = path = query = authority = Span();
  version = Version::kHttp11;
  has_query = false;
  keep_alive = true;
  expect_continue = false;
  chunked = false;
  content_length.reset();
}

}  // namespace tusk::http

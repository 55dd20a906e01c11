#include "http/h1/llhttp_callbacks.h"

#include <cstdint>
#include <string_view>

#include "http/h1/head_rules.h"

namespace tusk::http::h1 {

// A name or a value arrives in several pieces when an input ends inside it. Pieces of the same one
// are contiguous in the message, others are not, which tells them apart.
int LlhttpCallbacks::on_header_field(llhttp_t* llhttp, const char* at, std::size_t length) {
  RequestParser& self = parser(llhttp);
  const std::size_t offset = self.offset_of(at);
  auto& fields = self.head_.fields;
  if (!fields.empty() && fields.back().name.offset + fields.back().name.length == offset) {
    fields.back().name.length += static_cast<std::uint32_t>(length);
    return HPE_OK;
  }
  HeaderField field;
  field.name.offset = static_cast<std::uint32_t>(offset);
  field.name.length = static_cast<std::uint32_t>(length);
  fields.push_back(field);
  return HPE_OK;
}

// Checked at the colon, not at the name's first piece, whose position depends on the inputs.
int LlhttpCallbacks::on_header_field_complete(llhttp_t* llhttp) {
  RequestParser& self = parser(llhttp);
  if (self.head_.fields.size() <= self.limits_.header_count) return HPE_OK;
  self.fail(431, "too many header fields");
  return -1;
}

int LlhttpCallbacks::on_header_value(llhttp_t* llhttp, const char* at, std::size_t length) {
  RequestParser& self = parser(llhttp);
  const auto offset = static_cast<std::uint32_t>(self.offset_of(at));
  Span& value = self.head_.fields.back().value;
  if (value.offset == 0) value.offset = offset;  // 0 lies inside the request line, so it is unset
  value.length = offset + static_cast<std::uint32_t>(length) - value.offset;
  return HPE_OK;
}

int LlhttpCallbacks::on_headers_complete(llhttp_t*) { return HPE_PAUSED; }

llhttp_t LlhttpCallbacks::after_request_line() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_header_field = on_header_field;
    settings.on_header_field_complete = on_header_field_complete;
    settings.on_header_value = on_header_value;
    settings.on_headers_complete = on_headers_complete;
    return settings;
  }();
  llhttp_t llhttp;
  llhttp_init(&llhttp, HTTP_REQUEST, &kSettings);
  constexpr std::string_view kAnyLine = "POST / HTTP/1.1\r\n";
  llhttp_execute(&llhttp, kAnyLine.data(), kAnyLine.size());
  return llhttp;
}

}  // namespace tusk::http::h1

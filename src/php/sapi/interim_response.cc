#include "php/sapi/interim_response.h"

#include <string_view>

#include "http/token.h"
#include "php/zend.h"

namespace tusk::php::sapi {

namespace {

// Fields that have no meaning before the final response, or must not be sent twice.
bool is_final_only(std::string_view name) noexcept {
  return http::equals_lower(name, "content-length") || http::equals_lower(name, "content-type") ||
         http::equals_lower(name, "set-cookie") || http::equals_lower(name, "status") ||
         http::equals_lower(name, "x-powered-by");
}

}  // namespace

InterimField add_interim_field(RequestContext& context, const char* line,
                               std::size_t length) noexcept {
  // An array of many times the same line takes no memory of the script's.
  if (context.interim.text.size() + length > exec::Reply::kMaxInterimBytes) {
    context.interim.clear();
    return InterimField::kNoRoom;
  }
  const std::string_view text(line, length);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return InterimField::kInvalid;
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = http::trim_ows(text.substr(colon + 1));
  if (!http::is_token(name) || !http::is_field_value(value)) return InterimField::kInvalid;
  if (!is_final_only(name)) context.interim.add(name, value);
  return InterimField::kTaken;
}

void send_interim(RequestContext& context) noexcept {
  context.reply->interim(context.interim);
  context.interim.clear();
}

void send_fields_as_interim(RequestContext& context, int status) noexcept {
  context.interim.clear();
  context.interim.status = status;
  zend_llist_position position = nullptr;
  zend_llist* const list = &SG(sapi_headers).headers;
  for (void* element = zend_llist_get_first_ex(list, &position); element != nullptr;
       element = zend_llist_get_next_ex(list, &position)) {
    const auto& header = *static_cast<const sapi_header_struct*>(element);
    if (add_interim_field(context, header.header, header.header_len) == InterimField::kNoRoom)
      return;
  }
  send_interim(context);
}

void send_interim_status(RequestContext& context) noexcept {
  const int status = SG(sapi_headers).http_response_code;
  if (status < 102 || status > 199) return;  // 100 and 101 belong to the connection
  send_fields_as_interim(context, status);
  SG(sapi_headers).http_response_code = 200;
  if (SG(sapi_headers).http_status_line != nullptr) {
    efree(SG(sapi_headers).http_status_line);
    SG(sapi_headers).http_status_line = nullptr;
  }
}

}  // namespace tusk::php::sapi

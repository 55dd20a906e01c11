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

bool add_interim_field(RequestContext& context, const char* line, std::size_t length) noexcept {
  const std::string_view text(line, length);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = http::trim_ows(text.substr(colon + 1));
  if (!http::is_token(name) || !http::is_field_value(value)) return false;
  if (!is_final_only(name)) context.interim.add(name, value);
  return true;
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
    add_interim_field(context, header.header, header.header_len);
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

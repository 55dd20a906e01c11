#include "php/request_info.h"

#include <string>
#include <string_view>

#include "http/token.h"
#include "php/zend.h"

namespace tusk::php {

namespace {

// Sets PHP_AUTH_USER and so on. Allocates from PHP's heap, and so may bail out.
void take_credentials(const char* authorization) noexcept {
  zend_try { php_handle_auth_data(authorization); }
  zend_end_try();
}

}  // namespace

// Copies what PHP wants as C strings and keeps until the request ends. It takes two passes, because
// the buffer moves while it grows.
void fill_request_info(RequestContext& context) noexcept {
  SG(server_context) = &context;
  const exec::Job& job = *context.job;
  const http::RequestHead& head = job.head;
  std::string& text = context.c_strings;
  const auto keep = [&text](std::string_view value) {
    const std::size_t offset = text.size();
    text.append(value);
    text.push_back('\0');
    return offset;
  };
  const std::size_t method = keep(head.view(head.method));
  const std::size_t query = keep(head.view(head.query));
  const std::size_t uri = keep(job.view(job.request_uri));
  const std::size_t script = keep(job.view(job.script_filename));
  const std::size_t content_type = keep(head.find("content-type"));
  const std::size_t authorization = keep(head.find("authorization"));
  const std::size_t cookie = text.size();
  for (const http::HeaderField& field : head.fields) {
    if (!http::equals_lower(head.view(field.name), "cookie")) continue;
    if (text.size() > cookie) text.append("; ");
    text.append(head.view(field.value));
  }
  const bool has_cookie = text.size() > cookie;
  text.push_back('\0');

  sapi_request_info& info = SG(request_info);
  char* const base = text.data();
  info.request_method = base + method;
  info.query_string = base + query;
  info.request_uri = base + uri;
  info.path_translated = base + script;
  info.content_type = base[content_type] != '\0' ? base + content_type : nullptr;
  info.content_length = static_cast<zend_long>(job.body.size());
  info.cookie_data = has_cookie ? base + cookie : nullptr;
  info.argc = 0;
  info.argv = nullptr;
  info.auth_user = info.auth_password = info.auth_digest = nullptr;
  if (base[authorization] != '\0') take_credentials(base + authorization);
  SG(sapi_headers).http_response_code = 200;
}

void clear_request_info() noexcept {
  sapi_request_info& info = SG(request_info);
  info.request_method = nullptr;
  info.query_string = nullptr;
  info.request_uri = nullptr;
  info.path_translated = nullptr;
  info.content_type = nullptr;
  info.cookie_data = nullptr;
  // sapi_deactivate_module() frees it but leaves the pointer; sapi_activate() sets it only if there
  // is a server context, and so not for run_empty_request().
  info.content_type_dup = nullptr;
  info.content_length = 0;
  SG(server_context) = nullptr;
}

}  // namespace tusk::php

#include "php/sapi/server_variables.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "http/token.h"
#include "php/libc/process_environment.h"
#include "php/sapi/field_name.h"
#include "php/sapi/sapi_name.h"

namespace tusk::php::sapi {

namespace {

using http::HeaderField;

std::string& server_software() {
  static std::string text = "tusk/" TUSK_VERSION;
  return text;
}

// add() allocates from PHP's heap, and leaves by longjmp when that is full: no frame here holds an
// object with a destructor. Texts are built in the context's buffers.

// Everything passes the input filter, as from every SAPI: filter_input(INPUT_SERVER) reads the
// copies that the filter keeps. `name` is NUL-terminated.
void add(zval* array, const char* name, std::string_view value) noexcept {
  char* filtered = estrndup(value.data(), value.size());
  size_t length = value.size();
  if (sapi_module.input_filter(PARSE_SERVER, name, &filtered, length, &length) != 0) {
    php_register_variable_safe(name, filtered, length, array);
  }
  efree(filtered);
}

void add_number(zval* array, const char* name, std::uint64_t value) noexcept {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  add(array, name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

// Empty if there is no port, as in nginx: unix sockets, or a proxy that does not name it.
void add_port(zval* array, const char* name, std::uint16_t port) noexcept {
  if (port == 0) return add(array, name, {});
  add_number(array, name, port);
}

bool same_name(const http::RequestHead& head, const HeaderField& a, const HeaderField& b) noexcept {
  return http::equals_ignoring_case(head.view(a.name), head.view(b.name));
}

// Repeated fields are joined into one list (RFC 9110 §5.3); cookies are joined by "; " (RFC 6265
// §5.4).
void add_fields(RequestContext& context, zval* array) noexcept {
  const http::RequestHead& head = context.job->head;
  std::string& variable = context.name_buffer;
  std::string& joined = context.value_buffer;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const HeaderField& field = head.fields[i];
    const std::string_view name = head.view(field.name);
    if (is_left_out(name)) continue;
    bool first = true;
    for (std::size_t j = 0; j < i && first; ++j) first = !same_name(head, head.fields[j], field);
    if (!first) continue;
    std::string_view value = head.view(field.value);
    bool repeated = false;
    for (std::size_t j = i + 1; j < head.fields.size(); ++j) {
      if (!same_name(head, head.fields[j], field)) continue;
      if (!repeated) joined.assign(value);
      repeated = true;
      joined.append(http::equals_lower(name, "cookie") ? "; " : ", ");
      joined.append(head.view(head.fields[j].value));
    }
    to_variable_name(name, variable);
    add(array, variable.c_str(), repeated ? std::string_view(joined) : value);
  }
}

// SSL_PROTOCOL and so on, as the connection gives them.
void add_tls_variables(const exec::Job& job, zval* array) noexcept {
  std::string_view rest = job.view(job.tls_variables);
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(name.size() + 1);
    const std::string_view value = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(value.size() + 1);
    add(array, name.data(), value);  // the name is NUL-terminated in place
  }
}

void add_script_variables(RequestContext& context, zval* array) noexcept {
  const exec::Job& job = *context.job;
  const std::string_view script_name = job.view(job.script_name);
  const std::string_view path_info = job.view(job.path_info);
  std::string& text = context.value_buffer;
  add(array, "DOCUMENT_URI", script_name);
  add(array, "SCRIPT_NAME", script_name);
  add(array, "SCRIPT_FILENAME", job.view(job.script_filename));
  add(array, "DOCUMENT_ROOT", job.view(job.document_root));
  if (!path_info.empty()) {
    add(array, "PATH_INFO", path_info);
    const std::string_view root = job.view(job.document_root);
    text.assign(root == "/" ? std::string_view() : root).append(path_info);
    add(array, "PATH_TRANSLATED", text);
  }
  text.assign(script_name).append(path_info);
  add(array, "PHP_SELF", text);
}

}  // namespace

void choose_server_software(const std::string& text) {
  if (!text.empty()) server_software() = text;
}

void add_server_variables(RequestContext& context, zval* array) noexcept {
  const exec::Job& job = *context.job;
  const http::RequestHead& head = job.head;
  // The variables that others may override come first.
  for (const libc::EnvironmentVariable& variable : libc::process_environment()) {
    add(array, variable.name.c_str(), variable.value);
  }
  if (context.scripts != nullptr) {
    for (const auto& [name, value] : context.scripts->environment) add(array, name.c_str(), value);
  }
  // Frameworks choose their loop by it.
  if (context.is_resident()) add(array, "FRANKENPHP_WORKER", "1");
  add_fields(context, array);
  add(array, "SERVER_SOFTWARE", server_software());
  add(array, "GATEWAY_INTERFACE", "CGI/1.1");
  if (is_named_fastcgi()) add(array, "FCGI_ROLE", "RESPONDER");
  add(array, "SERVER_PROTOCOL", http::version_text(head.version));
  add(array, "REQUEST_METHOD", head.view(head.method));
  add(array, "REQUEST_URI", job.view(job.request_uri));
  add(array, "QUERY_STRING", head.view(head.query));
  add(array, "REQUEST_SCHEME", job.origin.tls ? "https" : "http");
  if (job.origin.tls) add(array, "HTTPS", "on");
  add_tls_variables(job, array);

  add(array, "SERVER_NAME", job.view(job.origin.host));
  add(array, "SERVER_ADDR", job.view(job.origin.server_address));
  add_port(array, "SERVER_PORT", job.origin.server_port);
  add(array, "REMOTE_ADDR", job.view(job.origin.client_address));
  add_port(array, "REMOTE_PORT", job.origin.client_port);

  add(array, "CONTENT_TYPE", head.find("content-type"));
  if (head.has_body() || head.content_length.has_value()) {
    add_number(array, "CONTENT_LENGTH", job.body.size());
  } else {
    add(array, "CONTENT_LENGTH", {});
  }
  const char* const user = SG(request_info).auth_user;
  add(array, "REMOTE_USER", user != nullptr ? user : std::string_view());
  if (user != nullptr) {
    add(array, "AUTH_TYPE", "Basic");
  } else if (SG(request_info).auth_digest != nullptr) {
    add(array, "AUTH_TYPE", "Digest");
  }
  // Some applications refuse to run without it, because PHP's CGI requires it of a web server
  // (force_redirect).
  add_number(array, "REDIRECT_STATUS", static_cast<std::uint64_t>(job.redirect_status));
  add_script_variables(context, array);
}

}  // namespace tusk::php::sapi

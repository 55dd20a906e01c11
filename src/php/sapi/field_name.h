// FieldName: how the names of a request's header fields appear to scripts.
//
// Pure. Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace tusk::php::sapi {

// Fields that become no variable. Proxy would become the HTTP_PROXY that client libraries read from
// the environment (httpoxy). Other fields need a name of letters, digits and dashes, as in nginx:
// PHP turns a dot into an underscore too (php_register_variable_ex()), so X_Forwarded_For and
// X.Forwarded.For could pass for a field that a proxy in front has checked.
bool is_left_out(std::string_view name) noexcept;

// Turns "User-Agent" into "HTTP_USER_AGENT".
void to_variable_name(std::string_view name, std::string& out) noexcept;

// Turns "x-request-ID" into "X-Request-Id". PHP-FPM derives names from HTTP_X_REQUEST_ID, and
// scripts may rely on the spelling.
void to_usual_capitals(std::string_view name, std::string& out) noexcept;

}  // namespace tusk::php::sapi

#include "php/sapi/request_fields.h"

#include <string>

namespace tusk::php::sapi {

namespace {

// PHP-FPM derives names from HTTP_X_REQUEST_ID, and scripts may rely on the spelling.
void to_usual_capitals(std::string_view name, std::string& out) noexcept {
  out.clear();
  bool begins = true;
  for (const char c : name) {
    const char lower = http::ascii_lower(c);
    out.push_back(begins && lower >= 'a' && lower <= 'z' ? static_cast<char>(lower - 32) : lower);
    begins = c == '-';
  }
}

}  // namespace

void add_request_fields(RequestContext& context, zval* array) noexcept {
  for_each_request_field(context, [&](std::string_view name, std::string_view value) {
    std::string& shown = context.name_buffer;
    to_usual_capitals(name, shown);
    add_assoc_stringl_ex(array, shown.data(), shown.size(), value.data(), value.size());
  });
}

}  // namespace tusk::php::sapi

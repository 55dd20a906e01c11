#include "php/sapi/request_fields.h"

#include <string>

#include "php/sapi/field_name.h"

namespace tusk::php::sapi {

void add_request_fields(RequestContext& context, zval* array) noexcept {
  for_each_request_field(context, [&](std::string_view name, std::string_view value) {
    std::string& shown = context.name_buffer;
    to_usual_capitals(name, shown);
    add_assoc_stringl_ex(array, shown.data(), shown.size(), value.data(), value.size());
  });
}

}  // namespace tusk::php::sapi

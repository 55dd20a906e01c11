// The request's header fields as PHP shows them: fields of the same name are one, with all values.
//
// Thread: the worker.
#pragma once

#include <string_view>

#include "http/token.h"
#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// Calls `visit(name, value)` once for each name, spelled as the client wrote it first. Repeated
// fields are joined into one list (RFC 9110 §5.3); cookies are joined by "; " (RFC 6265 §5.4).
// `visit` may leave by longjmp, so a joined value is built in context.value_buffer.
template <class Visit>
void for_each_request_field(RequestContext& context, Visit visit) {
  const http::RequestHead& head = context.job->head;
  const auto same = [&head](const http::HeaderField& a, const http::HeaderField& b) {
    return http::equals_ignoring_case(head.view(a.name), head.view(b.name));
  };
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const http::HeaderField& field = head.fields[i];
    bool first = true;
    for (std::size_t j = 0; j < i && first; ++j) first = !same(head.fields[j], field);
    if (!first) continue;
    const std::string_view name = head.view(field.name);
    bool repeated = false;
    for (std::size_t j = i + 1; j < head.fields.size(); ++j) {
      if (!same(head.fields[j], field)) continue;
      if (!repeated) context.value_buffer.assign(head.view(field.value));
      repeated = true;
      context.value_buffer.append(http::equals_lower(name, "cookie") ? "; " : ", ");
      context.value_buffer.append(head.view(head.fields[j].value));
    }
    visit(name, repeated ? std::string_view(context.value_buffer) : head.view(field.value));
  }
}

// The result of getallheaders(): names with the usual capitals, "X-Request-Id".
void add_request_fields(RequestContext& context, zval* array) noexcept;

}  // namespace tusk::php::sapi

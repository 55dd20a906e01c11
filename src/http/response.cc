#include "http/response.h"

#include "base/check.h"
#include "http/token.h"

namespace tusk::http {

bool ResponseHead::add(std::string_view name, std::string_view value) {
  value = trim_ows(value);
  if (!is_token(name) || !is_field_value(value)) return false;
  TUSK_CHECK(text.size() + name.size() + value.size() + 4 <= UINT32_MAX);
  HeaderField field;
  field.name.offset = static_cast<std::uint32_t>(text.size());
  field.name.length = static_cast<std::uint32_t>(name.size());
  text.append(name).append(": ");
  field.value.offset = static_cast<std::uint32_t>(text.size());
  field.value.length = static_cast<std::uint32_t>(value.size());
  text.append(value).append("\r\n");
  fields.push_back(field);
  return true;
}

bool ResponseHead::set(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(trim_ows(value))) return false;
  remove(name);
  return add(name, value);
}

std::size_t ResponseHead::remove(std::string_view name) {
  std::uint32_t removed_bytes = 0;
  std::size_t kept = 0;
  for (HeaderField field : fields) {
    field.name.offset -= removed_bytes;
    field.value.offset -= removed_bytes;
    if (equals_ignoring_case(view(field.name), name)) {
      const std::uint32_t line = field.value.offset + field.value.length + 2 - field.name.offset;
      text.erase(field.name.offset, line);
      removed_bytes += line;
    } else {
      fields[kept++] = field;
    }
  }
  const std::size_t removed = fields.size() - kept;
  fields.resize(kept);
  return removed;
}

std::string_view ResponseHead::find(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (equals_ignoring_case(view(field.name), name)) return view(field.value);
  }
  return {};
}

bool ResponseHead::contains(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (equals_ignoring_case(view(field.name), name)) return true;
  }
  return false;
}

void ResponseHead::clear() {
  status = 200;
  reason.clear();
  text.clear();
  fields.clear();
}

}  // namespace tusk::http

// AccessFormat: the format of the access log's lines, parsed once at the start.
//
// Thread: any; a value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/access/access_field.h"
#include "base/result.h"

namespace tusk::base::access {

struct AccessFormat {
  // kCaddy has no parts: its line is fixed.
  enum class Kind : std::uint8_t { kText, kJson, kCaddy };

  // A text as it is, or a field. In JSON every part is a field, with the name of its member.
  struct Part {
    std::string text;    // a literal; the member in JSON; the header field's name for kHeader
    std::string header;  // with kHeader: the name in lower case, "x-forwarded-for"
    bool is_field = false;
    AccessField field = AccessField::kHeader;
  };

  Kind kind = Kind::kText;
  std::vector<Part> parts;

  bool uses(AccessField field) const;
};

// "combined", "common", "text" (combined and more at its end), "json"; "json" followed by the
// members to write, separated by spaces or commas; "caddy" (JSON as Caddy writes it); or a text
// with $variables. `$$` is a dollar sign. An error names the position of the mistake, which begins
// with 1.
Result<AccessFormat> parse_access_format(std::string_view text);

}  // namespace tusk::base::access

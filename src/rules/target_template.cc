#include "rules/target_template.h"

#include <algorithm>
#include <utility>

#include "http/path.h"
#include "http/token.h"

namespace tusk::rules {
namespace {

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// Reads the variable name at `at`, after a dollar sign, and moves `at` behind it; empty: no name.
std::string_view take_name(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return {};
  if (text[at] == '{') {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return {};
    const std::string_view name = text.substr(at + 1, end - at - 1);
    at = end + 1;
    return name;
  }
  std::size_t end = at;
  if (http::is_digit(text[at])) {
    ++end;  // $12 is $1 followed by a 2, as in other servers
  } else {
    while (end < text.size() && is_letter(text[end])) ++end;
  }
  const std::string_view name = text.substr(at, end - at);
  at = end;
  return name;
}

}  // namespace

base::Result<TargetTemplate::Part> TargetTemplate::variable(std::string_view name,
                                                            std::size_t groups) {
  constexpr std::pair<std::string_view, Part::Kind> kNames[] = {
      {"host", Part::Kind::kHost},
      {"path", Part::Kind::kPath},
      {"query", Part::Kind::kQuery},
      {"scheme", Part::Kind::kScheme},
  };
  Part part;
  if (name.size() == 1 && http::is_digit(name[0])) {
    part.kind = Part::Kind::kCapture;
    part.capture = static_cast<std::size_t>(name[0] - '0');
    if (part.capture <= groups) return part;
    return base::fail("$" + std::string(name) + " is used, but the pattern has " +
                      std::to_string(groups) + (groups == 1 ? " group" : " groups"));
  }
  for (const auto& [known, kind] : kNames) {
    if (known != name) continue;
    part.kind = kind;
    return part;
  }
  return base::fail("$" + std::string(name) +
                    " is unknown: use $0 to $9, $host, $path, $query, $scheme or $$");
}

base::Result<TargetTemplate> TargetTemplate::parse(std::string_view text, std::size_t groups) {
  TargetTemplate result;
  std::string literal;
  const auto end_literal = [&] {
    if (literal.empty()) return;
    result.parts_.push_back({.kind = Part::Kind::kLiteral, .literal = literal});
    literal.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c != '$') {
      literal += c;
    } else if (at < text.size() && text[at] == '$') {
      literal += '$';
      ++at;
    } else {
      end_literal();
      base::Result<Part> part = variable(take_name(text, at), groups);
      if (!part) return std::unexpected(part.error());
      result.parts_.push_back(std::move(*part));
    }
  }
  end_literal();
  return result;
}

void TargetTemplate::expand(const TemplateValues& values, Form form, std::string& out) const {
  const auto put = [&](std::string_view decoded) {
    if (form == Form::kDecoded) {
      out.append(decoded);
    } else {
      http::append_encoded_path(decoded, out);
    }
  };
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Part::Kind::kLiteral:
        out.append(part.literal);
        break;
      case Part::Kind::kCapture:
        put(values.captures[part.capture]);
        break;
      case Part::Kind::kPath:
        put(values.path);
        break;
      case Part::Kind::kHost:
        out.append(values.host);
        break;
      case Part::Kind::kQuery:
        out.append(values.query);
        break;
      case Part::Kind::kScheme:
        out.append(values.scheme);
        break;
    }
  }
}

bool TargetTemplate::uses_captures() const {
  return std::ranges::any_of(parts_,
                             [](const Part& part) { return part.kind == Part::Kind::kCapture; });
}

bool TargetTemplate::uses_host() const {
  return std::ranges::find(parts_, Part::Kind::kHost, &Part::kind) != parts_.end();
}

std::string_view TargetTemplate::literal_start() const {
  if (parts_.empty() || parts_.front().kind != Part::Kind::kLiteral) return {};
  return parts_.front().literal;
}

}  // namespace tusk::rules

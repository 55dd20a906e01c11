// TargetTemplate: the target of a redirect or a rewrite, with variables: "/news/$1",
// "https://$host$path".
//
// Immutable once parsed; thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/pattern.h"

namespace tusk::rules {

struct TemplateValues {
  Captures captures;
  std::string_view host;
  std::string_view path;  // decoded
  std::string_view query;
  std::string_view scheme;
};

// It may contain these variables:
//   $0 ... $9     what the pattern's groups matched ($0: the whole match); $$ is a dollar sign
//   $host         the request's host with its port, as sent
//   $path $query  the path that was matched; the query as sent, without '?'
//   $scheme       http or https
// Each may be written in braces: ${1}st.
class TargetTemplate {
 public:
  TargetTemplate() = default;

  // `groups`: the number of the pattern's groups.
  static base::Result<TargetTemplate> parse(std::string_view text, std::size_t groups);

  // How values are inserted.
  enum class Form {
    kDecoded,  // unchanged: a path to be looked up
    kEscaped,  // percent-encoded: the path or query of a URL
  };
  void expand(const TemplateValues& values, Form form, std::string& out) const;

  bool empty() const { return parts_.empty(); }
  // Whether it contains a group, so that the pattern has to return what its groups matched.
  bool uses_captures() const;
  bool uses_host() const;
  // The text that every expansion begins with.
  std::string_view literal_start() const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { kLiteral, kCapture, kHost, kPath, kQuery, kScheme };
    Kind kind = Kind::kLiteral;
    std::size_t capture = 0;
    std::string literal;
  };

  static base::Result<Part> variable(std::string_view name, std::size_t groups);

  std::vector<Part> parts_;
};

}  // namespace tusk::rules

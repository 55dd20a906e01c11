// TargetTemplate: where a rule sends a request to, with what it found put in: "/news/$1",
// "https://$host$path".
//
// Immutable once parsed; thread: any.
//
//   $0 ... $9     what the pattern's groups fitted ($0: all of it); $$ is a dollar sign
//   $host         the request's host, with its port, as the client wrote it
//   $path $query  the path as it is matched; the query as it was sent, without '?'
//   $scheme       http or https
// Each may be written in braces: ${1}st.
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

class TargetTemplate {
 public:
  TargetTemplate() = default;

  // `groups`: how many the pattern has.
  static base::Result<TargetTemplate> parse(std::string_view text, std::size_t groups);

  // How decoded text is put in.
  enum class Form {
    kDecoded,  // as it is: a path to be looked up
    kEscaped,  // percent-encoded: a path or a query of a URL
  };
  void expand(const TemplateValues& values, Form form, std::string& out) const;

  bool empty() const { return parts_.empty(); }
  // Whether a group is put in: then its pattern has to say what it fitted.
  bool uses_captures() const;
  bool uses_host() const;
  // What every expansion begins with.
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

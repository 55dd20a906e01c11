// Pattern: a regular expression over bytes, and globs, which become one.
//
// Immutable once compiled; thread: any. RE2 matches in time linear in the text.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace tusk::rules {

// The maximum size of a pattern; a rule with a larger one is refused.
inline constexpr std::size_t kMaxPatternBytes = 1024;
// From $0, the whole match, to $9.
inline constexpr std::size_t kMaxCaptures = 10;

using Captures = std::array<std::string_view, kMaxCaptures>;

// Patterns match bytes, not characters, so that no byte sequence can evade them: `.` matches every
// byte, including line breaks and invalid UTF-8. A rule that denies cannot be bypassed by a path
// that is not valid text.
class Pattern {
 public:
  static base::Result<Pattern> compile(std::string_view regex);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // Matches anywhere in the text, unless the expression is anchored.
  bool matches(std::string_view text) const;
  // Also returns what the groups matched: views into the text, empty for a group without a match.
  bool matches(std::string_view text, Captures& captures) const;

  // The number of groups.
  std::size_t groups() const;

 private:
  explicit Pattern(std::unique_ptr<re2::RE2> regex);

  std::unique_ptr<re2::RE2> regex_;
};

enum class GlobKind {
  kPath,  // `**` crosses slashes; wildcards are groups
  kName,  // of one path segment, or of a host
};

struct Glob {
  std::string regex;  // without anchors
  // A match may end with a slash that the glob contains ("/a/", "/a{/,b}"). Then the glob plus one
  // more slash would not match what lies below.
  bool may_end_with_slash = false;
};

// `*` matches any bytes within a segment, `**` across segments, `?` one byte, `[a-z]` and `[!a-z]`
// a byte of a set, `{a,b}` an alternative; `\` quotes the next byte. Only `**` and a written slash
// match a slash (glob(7)). In a path, each `*`, `**` and `?` is a group: a rule's $1, $2 ...
base::Result<Glob> read_glob(std::string_view glob, GlobKind kind);

}  // namespace tusk::rules

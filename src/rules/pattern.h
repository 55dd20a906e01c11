// Pattern: a regular expression over bytes, matched in time linear in the text (RE2), and globs,
// which become one.
//
// Immutable once compiled; thread: any. Bytes and not characters, so that no byte sequence is one
// that a pattern cannot see: `.` fits every byte, line ends and invalid UTF-8 among them. A rule
// that denies cannot be passed by a path that is no text.
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

// What a pattern may be at most; beyond it the rule is refused.
inline constexpr std::size_t kMaxPatternBytes = 1024;
// $0, the whole of what fitted, to $9.
inline constexpr std::size_t kMaxCaptures = 10;

using Captures = std::array<std::string_view, kMaxCaptures>;

class Pattern {
 public:
  static base::Result<Pattern> compile(std::string_view regex);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // Anywhere in the text, unless the expression is anchored.
  bool matches(std::string_view text) const;
  // Also says what the groups fitted: views into the text; of a group that took no part, empty.
  bool matches(std::string_view text, Captures& captures) const;

  // How many groups it has.
  std::size_t groups() const;

 private:
  explicit Pattern(std::unique_ptr<re2::RE2> regex);

  std::unique_ptr<re2::RE2> regex_;
};

enum class GlobKind {
  kPath,  // `**` crosses slashes; the wildcards are groups
  kName,  // of one segment, or of a host
};

struct Glob {
  std::string regex;  // without anchors
  // What it fits may end with a slash that is written in it ("/a/", "/a{/,b}"), so that what lies
  // beneath is not fitted by the glob and one slash more.
  bool may_end_with_slash = false;
};

// `*` is any run within a segment, `**` across segments, `?` one byte, `[a-z]` and `[!a-z]` one of
// a set, `{a,b}` one of several, `\` takes the next byte literally. Only `**` and a written slash
// fit a slash (glob(7)). Of a path, each `*`, `**` and `?` is a group: a rule's $1, $2 ...
base::Result<Glob> read_glob(std::string_view glob, GlobKind kind);

}  // namespace tusk::rules

#include "rules/pattern.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <vector>

#include <re2/re2.h>

namespace tusk::rules {
namespace {

// Limit of the automaton that is built during matching. When it is full, RE2 starts a new one.
constexpr std::int64_t kMaxMemoryBytes = 1024 * 1024;

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemoryBytes);
  return options;
}

bool is_special(char c) { return std::string_view("\\.+*?()|[]{}^$").contains(c); }

class GlobReader {
 public:
  GlobReader(std::string_view glob, GlobKind kind) : glob_(glob), kind_(kind) {}

  base::Result<Glob> read() {
    while (at_ < glob_.size()) {
      const char c = glob_[at_++];
      switch (c) {
        case '*':
          star();
          break;
        case '?':
          group("[^/]");
          break;
        case '[':
          if (auto done = set(); !done) return std::unexpected(done.error());
          break;
        case '{':
          open();
          break;
        case '}':
          if (braces_.empty()) return base::fail("'}' without '{'");
          close();
          break;
        case ',':
          comma();
          break;
        case '\\':
          if (at_ == glob_.size()) return base::fail("it ends with an unfinished '\\'");
          literal(glob_[at_++]);
          break;
        default:
          literal(c);
      }
    }
    if (!braces_.empty()) return base::fail("'{' without '}'");
    return std::move(out_);
  }

 private:
  // Whether the text so far may end with a slash: before a brace, and after any of its
  // alternatives. An empty alternative ends like the text before the brace.
  struct Brace {
    bool before = false;
    bool behind = false;
  };

  void open() {
    braces_.push_back({.before = out_.may_end_with_slash});
    out_.regex += "(?:";
  }

  void comma() {
    if (braces_.empty()) return literal(',');
    Brace& brace = braces_.back();
    brace.behind |= out_.may_end_with_slash;
    out_.may_end_with_slash = brace.before;
    out_.regex += '|';
  }

  void close() {
    out_.may_end_with_slash |= braces_.back().behind;
    braces_.pop_back();
    out_.regex += ')';
  }

  void group(std::string_view inner) {
    if (kind_ == GlobKind::kPath) {
      out_.regex.append("(").append(inner).append(")");
    } else {
      out_.regex.append(inner);
    }
    out_.may_end_with_slash = false;
  }

  // After "/a/" it also matches the empty text, so that nothing below "/a/" escapes the glob.
  void star() {
    const bool across = at_ < glob_.size() && glob_[at_] == '*';
    while (at_ < glob_.size() && glob_[at_] == '*') ++at_;
    group(across && kind_ == GlobKind::kPath ? ".*" : "[^/]*");
  }

  base::Result<void> set() {
    const std::size_t end = glob_.find(']', at_ + 1);  // a ']' in first place is a member
    if (end == std::string_view::npos) return base::fail("'[' without ']'");
    std::string_view inner = glob_.substr(at_, end - at_);
    at_ = end + 1;
    const bool negated = inner.size() > 1 && (inner.front() == '!' || inner.front() == '^');
    if (negated) inner.remove_prefix(1);

    std::bitset<256> members;
    for (std::size_t i = 0; i < inner.size(); ++i) {
      const auto first = static_cast<unsigned char>(inner[i]);
      auto last = first;
      if (first == '[' && i + 1 < inner.size() && inner[i + 1] == ':') {
        return base::fail("sets cannot have names such as [:alpha:]; write [a-zA-Z]");
      }
      if (i + 2 < inner.size() && inner[i + 1] == '-') {  // a '-' at either end is a member
        i += 2;
        last = static_cast<unsigned char>(inner[i]);
        if (last < first) {
          return base::fail("the range '" + std::string(inner.substr(i - 2, 3)) + "' is reversed");
        }
      }
      for (std::size_t byte = first; byte <= last; ++byte) members.set(byte);
    }
    members.set('/', negated);
    if (negated ? members.all() : members.none()) {
      return base::fail("a set never matches a slash, and this one matches nothing else");
    }
    // Not the complement: case-insensitively, the complement of "a" would contain "A".
    out_.regex += negated ? "[^" : "[";
    add_ranges(members);
    out_.regex += ']';
    out_.may_end_with_slash = false;
    return {};
  }

  void add_ranges(const std::bitset<256>& members) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto add_byte = [&](std::size_t byte) {
      out_.regex.append("\\x").append({kHex[byte / 16], kHex[byte % 16]});
    };
    for (std::size_t first = 0; first < members.size(); ++first) {
      if (!members.test(first)) continue;
      std::size_t last = first;
      while (last + 1 < members.size() && members.test(last + 1)) ++last;
      add_byte(first);
      out_.regex += '-';
      add_byte(last);
      first = last;
    }
  }

  void literal(char c) {
    if (is_special(c)) out_.regex += '\\';
    out_.regex += c;
    out_.may_end_with_slash = c == '/';
  }

  std::string_view glob_;
  GlobKind kind_;
  std::size_t at_ = 0;
  std::vector<Brace> braces_;
  Glob out_;
};

}  // namespace

Pattern::Pattern(std::unique_ptr<re2::RE2> regex) : regex_(std::move(regex)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

base::Result<Pattern> Pattern::compile(std::string_view regex) {
  auto compiled =
      std::make_unique<re2::RE2>(re2::StringPiece(regex.data(), regex.size()), options());
  if (!compiled->ok()) return base::fail(compiled->error());
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  return regex_->Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool Pattern::matches(std::string_view text, Captures& captures) const {
  const re2::StringPiece piece(text.data(), text.size());
  std::array<re2::StringPiece, kMaxCaptures> groups;
  const std::size_t wanted = std::min(kMaxCaptures, this->groups() + 1);
  if (!regex_->Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, groups.data(),
                     static_cast<int>(wanted))) {
    return false;
  }
  captures = {};
  for (std::size_t i = 0; i < wanted; ++i) {
    if (groups[i].data() != nullptr) captures[i] = {groups[i].data(), groups[i].size()};
  }
  return true;
}

std::size_t Pattern::groups() const {
  return static_cast<std::size_t>(regex_->NumberOfCapturingGroups());
}

base::Result<Glob> read_glob(std::string_view glob, GlobKind kind) {
  return GlobReader(glob, kind).read();
}

}  // namespace tusk::rules

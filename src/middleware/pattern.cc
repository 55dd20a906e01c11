#include "middleware/pattern.h"

#include <algorithm>
#include <cstdint>

#include <re2/re2.h>

namespace tusk::middleware {
namespace {

// Of the automaton that is built while texts are matched. When it is full it is begun anew.
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

  base::Result<std::string> read() {
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
          if (!set()) return base::fail("'[' without ']'");
          break;
        case '{':
          ++depth_;
          out_ += "(?:";
          break;
        case '}':
          if (depth_ == 0) return base::fail("'}' without '{'");
          --depth_;
          out_ += ')';
          break;
        case ',':
          out_ += depth_ > 0 ? '|' : ',';
          break;
        case '\\':
          if (at_ == glob_.size()) return base::fail("nothing follows the '\\' at its end");
          literal(glob_[at_++]);
          break;
        default:
          literal(c);
      }
    }
    if (depth_ > 0) return base::fail("'{' without '}'");
    return std::move(out_);
  }

 private:
  void group(std::string_view inner) {
    if (kind_ == GlobKind::kPath) {
      out_.append("(").append(inner).append(")");
    } else {
      out_.append(inner);
    }
  }

  void star() {
    const bool across = at_ < glob_.size() && glob_[at_] == '*';
    while (at_ < glob_.size() && glob_[at_] == '*') ++at_;
    group(across && kind_ == GlobKind::kPath ? ".*" : "[^/]*");
  }

  bool set() {
    const std::size_t end = glob_.find(']', at_ + 1);  // a ']' that comes first is one of the set
    if (end == std::string_view::npos) return false;
    std::string_view inner = glob_.substr(at_, end - at_);
    at_ = end + 1;
    out_ += '[';
    if (inner.size() > 1 && (inner.front() == '!' || inner.front() == '^')) {
      out_ += "^/";
      inner.remove_prefix(1);
    }
    for (const char c : inner) {
      if (c == '\\' || c == '[' || c == ']' || c == '^') out_ += '\\';
      out_ += c;
    }
    out_ += ']';
    return true;
  }

  void literal(char c) {
    if (is_special(c)) out_ += '\\';
    out_ += c;
  }

  std::string_view glob_;
  GlobKind kind_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string out_;
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

base::Result<std::string> glob_to_regex(std::string_view glob, GlobKind kind) {
  return GlobReader(glob, kind).read();
}

}  // namespace tusk::middleware

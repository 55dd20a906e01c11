#include "rules/path_list.h"

namespace tusk::rules {
namespace {

base::Error wrong(const std::string& glob, const std::string& why) {
  return base::Error{"'" + glob + "' is not a glob: " + why};
}

base::Result<std::string> to_regex(const std::string& glob, GlobKind kind,
                                   PathList::Extent extent) {
  if (glob.size() > kMaxPatternBytes) return std::unexpected(wrong(glob, "it is too long"));
  std::string_view text = glob;
  // "/uploads/" means that directory too: an entry that matched nothing would protect nothing.
  while (extent == PathList::Extent::kBeneath && text.ends_with('/')) text.remove_suffix(1);
  base::Result<Glob> read = read_glob(text, kind);
  if (!read) return std::unexpected(wrong(glob, read.error().message));
  if (extent == PathList::Extent::kBeneath && !text.empty() && read->may_end_with_slash) {
    return std::unexpected(wrong(glob, "an alternative ends with a slash; leave the slash out"));
  }
  // Compiled on its own first, so that an error names the glob.
  const base::Result<Pattern> alone = Pattern::compile(read->regex);
  if (!alone) return std::unexpected(wrong(glob, alone.error().message));
  return std::move(read->regex);
}

}  // namespace

base::Result<PathList> PathList::compile(std::span<const std::string> globs, Extent extent) {
  std::string paths;
  std::string names;
  for (const std::string& glob : globs) {
    const bool is_path = glob.starts_with('/') || glob.starts_with('{') || glob.starts_with("**");
    if (!is_path && glob.find('/') != std::string::npos) {
      return std::unexpected(
          wrong(glob, "a path must begin with a slash, and a name must not contain one"));
    }
    const auto regex = to_regex(glob, is_path ? GlobKind::kPath : GlobKind::kName, extent);
    if (!regex) return std::unexpected(regex.error());
    std::string& alternatives = is_path ? paths : names;
    if (!alternatives.empty()) alternatives += '|';
    // Only rules use the groups, for their captures.
    alternatives.append("(?:").append(*regex).append(")");
  }
  const std::string end = extent == Extent::kBeneath ? "(?:/|$)" : "$";
  PathList list;
  if (!paths.empty()) {
    base::Result<Pattern> pattern = Pattern::compile("^(?:" + paths + ")" + end);
    if (!pattern) return std::unexpected(pattern.error());
    list.paths_ = std::move(*pattern);
  }
  if (!names.empty()) {
    base::Result<Pattern> pattern = Pattern::compile("(?i)(?:^|/)(?:" + names + ")" + end);
    if (!pattern) return std::unexpected(pattern.error());
    list.names_ = std::move(*pattern);
  }
  list.globs_.assign(globs.begin(), globs.end());
  list.extent_ = extent;
  return list;
}

std::string PathList::first_match(std::string_view path) const {
  for (const std::string& glob : globs_) {
    const base::Result<PathList> alone = compile(std::span(&glob, 1), extent_);
    if (alone && alone->contains(path)) return glob;
  }
  return {};
}

}  // namespace tusk::rules

// WatchGlobs: which files are watched for changes.
//
// Immutable once compiled; thread: any.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/pattern.h"

namespace tusk::app::development {

// The globs of the option `watch`, made absolute. A glob that begins with an exclamation mark
// excludes what it matches. A directory stands for everything in it. `default` stands for the
// sources, templates, settings and pages of a usual project.
//
// Below a wildcard, some directories are never entered: those of version control and of editors,
// `vendor` and `node_modules`. A glob that names them watches them.
class WatchGlobs {
 public:
  // `directory` is what relative globs are relative to, and `document_root` what `default` has
  // besides; both are absolute.
  static base::Result<WatchGlobs> compile(std::span<const std::string> globs,
                                          std::string_view directory,
                                          std::string_view document_root);

  // The directories in which the search begins: the parts of the globs before the first wildcard.
  const std::vector<std::string>& bases() const { return bases_; }
  // Both take absolute paths.
  bool matches_file(std::string_view path) const;
  bool enters_directory(std::string_view path) const;

 private:
  struct Glob {
    std::string base;
    std::size_t depth = 0;  // of the files that it matches; 0: any
    rules::Pattern pattern;
  };

  WatchGlobs() = default;
  base::Result<void> add(std::string_view glob, std::string_view directory);
  base::Result<void> add_default(std::string_view directory, std::string_view document_root);
  bool is_excluded(std::string_view path) const;

  std::vector<Glob> globs_;
  std::vector<rules::Pattern> excluded_;
  std::vector<std::string> bases_;
};

}  // namespace tusk::app::development

#include "files/php_source.h"

#include <algorithm>
#include <cstddef>

#include "http/token.h"

namespace tusk::files {
namespace {

// Extensions that mean PHP to some server or application, besides all that begin with "php": php3
// to php8, phps, phpt, and the variants that editors and people make: php~, php_old, php-2024,
// php,v.
constexpr std::string_view kPhpExtensions[] = {"phtml", "pht", "phar", "inc"};

// Last extensions of files that hold no source even if the name mentions PHP. Parts of pages:
// PHPUnit's coverage report has Foo.php.html, a mirror has index.php.css. Documents and media:
// people upload Acme.Inc.pdf. Text and archives are not listed, because source is left behind in
// those.
constexpr std::string_view kOtherContent[] = {
    "html", "htm",  "css",  "js",  "map",  "png", "jpg",  "gif", "jpeg", "svg", "webp", "avif",
    "pdf",  "doc",  "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods",  "odp", "epub", "tif",
    "tiff", "heic", "mp3",  "m4a", "ogg",  "wav", "flac", "mp4", "m4v",  "mov", "webm", "mkv"};

bool is_letter_or_digit(char c) {
  return http::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_one_of(std::string_view extension, auto& lower_case_list) {
  return std::ranges::any_of(lower_case_list, [&](std::string_view candidate) {
    return http::equals_lower(extension, candidate);
  });
}

// WordPress and Drupal append "_" to inner extensions of an upload, so that no server takes them
// for the file's own: x.php.txt becomes x.php_.txt. Such a file is for visitors.
bool is_defused(std::string_view inner_extension) { return inner_extension.ends_with('_'); }

bool means_php(std::string_view extension) {
  if (http::equals_lower(extension.substr(0, 3), "php")) return true;
  // "inc~", "phtml_old": the text after the letters and digits is a mark that someone added.
  const auto* end = std::ranges::find_if_not(extension, is_letter_or_digit);
  return is_one_of(extension.substr(0, static_cast<std::size_t>(end - extension.begin())),
                   kPhpExtensions);
}

}  // namespace

bool is_php_source(std::string_view path) noexcept {
  while (path.ends_with('/')) path.remove_suffix(1);
  std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t last_dot = name.rfind('.');
  if (last_dot == std::string_view::npos) return false;
  if (is_one_of(name.substr(last_dot + 1), kOtherContent)) return false;

  name.remove_prefix(name.find('.') + 1);
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view extension = name.substr(0, dot);
    const bool inner = dot != std::string_view::npos && dot + 1 != name.size();
    if (means_php(extension) && !(inner && is_defused(extension))) return true;
    if (!inner) return false;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace tusk::files

// PHP source: which file names may hold it and are therefore never sent.
//
// Pure. Thread: any.
#pragma once

#include <string_view>

namespace tusk::files {

// Whether the path's last segment has, anywhere after its first dot, an extension that begins with
// "php", or is phtml, pht, phar or inc; case-insensitive and with any suffix: x.PHP, x.php5,
// x.phps, x.php~, x.php.bak, .x.php.swp, x.php_old, x.inc. Not if the last extension is that of a
// page or its parts, of a document or of media, as in x.php.html or Acme.Inc.pdf; and not for
// x.php_.txt, the name that WordPress and Drupal give the upload x.php.txt.
//
// Scripts that may run end with exactly ".php" and are found by split_script_path. All other names
// for which this is true are answered with 404.
bool is_php_source(std::string_view path) noexcept;

}  // namespace tusk::files

// Which names may hold PHP source, and are therefore never sent as a file.
//
// Pure. Thread: any.
#pragma once

#include <string_view>

namespace tusk::files {

// Whether the path's last segment has, anywhere after its first dot, an extension that begins with
// "php", or is phtml, pht, phar or inc; in any case, with anything behind it: x.PHP, x.php5,
// x.phps, x.php~, x.php.bak, .x.php.swp, x.php_old, x.inc. But x.php.html, Acme.Inc.pdf and the
// like, whose last extension is one of a page or its parts, of a document or of media, are not
// source; nor is x.php_.txt, as WordPress and Drupal name the upload x.php.txt.
//
// A script that is to run ends with exactly ".php" and is found by split_script_path; everything
// else that this predicate names is answered with 404.
bool is_php_source(std::string_view path) noexcept;

}  // namespace tusk::files

#include "config/options/choice.h"
#include "config/options/sections.h"

namespace tusk::config::options {
namespace {

constexpr Choice kPresets[] = {
    choice("none", Preset::kNone),         choice("wordpress", Preset::kWordpress),
    choice("laravel", Preset::kLaravel),   choice("symfony", Preset::kSymfony),
    choice("drupal", Preset::kDrupal),     choice("mediawiki", Preset::kMediawiki),
    choice("dokuwiki", Preset::kDokuwiki), choice("spa", Preset::kSpa),
};

constexpr Option kOptions[] = {
    {.name = "preset",
     .flag = "preset",
     .environment = "PRESET",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kChoice,
     .field = &Settings::preset,
     .default_text = "none",
     .choices = kPresets,
     .doc = "The application: sets index_file or fallback where they are not given, adds to "
            "static_only, denied_files and the rules, and serves the subdirectory public or web "
            "when document_root is the project's directory. docs/routing.md describes each "
            "preset."},
    {.name = "index_file",
     .flag = "index-file",
     .environment = "INDEX_FILE",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kString,
     .field = &Settings::index_file,
     .default_text = "",
     .max = 255,
     .placeholder = "FILE",
     .doc = "Front controller: existing static files are served, every other path goes to this "
            "file in the root, and any other .php is 404 (except run_scripts)."},
    {.name = "fallback",
     .flag = "fallback",
     .environment = "FALLBACK",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kString,
     .field = &Settings::fallback,
     .default_text = "",
     .max = 1024,
     .placeholder = "PATH",
     .doc = "What answers a path that does not exist, instead of 404: /index.php for WordPress, "
            "Laravel, Symfony and MediaWiki, /index.html for a single-page application."},
    {.name = "run_scripts",
     .flag = "run-scripts",
     .environment = "RUN_SCRIPTS",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kTextList,
     .field = &Settings::run_scripts,
     .default_text = "",
     .min = 1,
     .max = 1024,
     .separator = ',',
     .placeholder = "GLOB",
     .doc = "Scripts that may run, such as /index.php or /admin/**.php; any other is 404. If "
            "empty, all scripts may run; with index_file, only that file and these."},
    {.name = "static_only",
     .flag = "static-only",
     .environment = "STATIC_ONLY",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kTextList,
     .field = &Settings::static_only,
     .default_text = "",
     .min = 1,
     .max = 1024,
     .separator = ',',
     .placeholder = "GLOB",
     .doc = "Directories, such as /uploads, in which no script runs (404). Other files in them "
            "are served."},
    {.name = "denied_files",
     .flag = "denied-files",
     .environment = "DENIED_FILES",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kTextList,
     .field = &Settings::denied_files,
     .default_text =
         "*~, #*#, *.bak, *.swp, *.swo, *.orig, *.save, *.old, *.dist, *.rej, "
         "*.sql, *.sql.*, *.sqlite, *.sqlite2, *.sqlite3, *.db, *.db3, *.s3db, *.sl3, "
         "*-wal, *-shm, *-journal, *.log, "
         "*.key, *.pem, *.p12, *.pfx, *.ppk, *.jks, *.keystore, *.kdbx, "
         "id_rsa*, id_dsa*, id_ecdsa*, id_ed25519*, composer.json, composer.lock, "
         "installed.json, auth.json, package.json, package-lock.json, npm-shrinkwrap.json, "
         "yarn.lock, pnpm-lock.yaml, Dockerfile, docker-compose*, web.config, "
         "error_log, php_errorlog, php.ini, CVS, _darcs",
     .min = 1,
     .max = 1024,
     .separator = ',',
     .placeholder = "GLOB",
     .doc = "Files and directories that are 404, with everything below them: a name anywhere "
            "(*.bak, in upper or lower case), or a path (/data). Hidden files and PHP source are "
            "never served, whatever this list says."},
    {.name = "error_pages_dir",
     .flag = "error-pages-dir",
     .environment = "ERROR_PAGES_DIR",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kPath,
     .field = &Settings::error_pages_dir,
     .default_text = "",
     .placeholder = "DIR",
     .doc = "Directory of pages for tusk's own errors: 404.html, 4xx.html, 5xx.html, or the same "
            "names with .php for a script."},
    {.name = "error_page_for_empty_500",
     .flag = "error-page-for-empty-500",
     .environment = "ERROR_PAGE_FOR_EMPTY_500",
     .section = Section::kRouting,
     .scope = Scope::kSite,
     .type = Type::kBool,
     .field = &Settings::error_page_for_empty_500,
     .default_text = "on",
     .doc =
         "Whether a script that fails without output gets the error page instead of a blank one: "
         "after a fatal error with display_errors off, or with status 500, an empty body and "
         "neither Content-Length nor another Content-Type than text/html."},
};

}  // namespace

std::span<const Option> routing() { return kOptions; }

}  // namespace tusk::config::options

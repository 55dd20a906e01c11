#include "config/options/choice.h"
#include "config/options/sections.h"
#include "config/options/unit.h"

namespace tusk::config::options {
namespace {

constexpr Choice kExecutors[] = {
    choice("ext", Executor::kExt),
    choice("php", Executor::kPhp),
    choice("stub", Executor::kStub),
};
// Not cli, cgi, phpdbg and embed: php/sapi/sapi_name.h says what PHP would do under them.
constexpr Choice kSapiNames[] = {
    choice("fpm-fcgi", SapiName::kFpmFcgi),
    choice("cli-server", SapiName::kCliServer),
    choice("apache2handler", SapiName::kApache2handler),
    choice("cgi-fcgi", SapiName::kCgiFcgi),
    choice("litespeed", SapiName::kLitespeed),
    choice("frankenphp", SapiName::kFrankenphp),
    choice("uwsgi", SapiName::kUwsgi),
    choice("ngx-php", SapiName::kNgxPhp),
    choice("tusk", SapiName::kTusk),
};

constexpr Choice kPreloads[] = {
    choice("off", Preload::kOff),
    choice("auto", Preload::kAuto),
};

constexpr Choice kWorkerKinds[] = {
    choice("auto", WorkerKind::kAutomatic),
    choice("threads", WorkerKind::kThreads),
    choice("processes", WorkerKind::kProcesses),
};

constexpr Option kOptions[] = {
    {.name = "executor",
     .flag = "executor",
     .environment = "EXECUTOR",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::executor,
     .default_text = "ext",
     .choices = kExecutors,
     .doc = "What runs scripts: ext is PHP; php is PHP too, but evaluates the text of the "
            "script, so OPcache caches only what it includes; stub runs no PHP, to measure the "
            "server alone. use_stub and use_ext override it."},
    {.name = "use_ext",
     .flag = "use-ext",
     .environment = "USE_EXT",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kBool,
     .field = &Settings::use_ext,
     .default_text = "off",
     .doc = "Use the executor ext, whatever executor says."},
    {.name = "use_stub",
     .flag = "use-stub",
     .environment = "USE_STUB",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kBool,
     .field = &Settings::use_stub,
     .default_text = "off",
     .doc = "Use the executor stub, whatever executor and use_ext say."},
    {.name = "engine",
     .flag = "engine",
     .environment = "ENGINE",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::engine,
     .default_text = "auto",
     .choices = kWorkerKinds,
     .automatic = "threads, or processes if tusk was built with a PHP that is not thread-safe",
     .doc = "What the workers are. threads: PHP runs in the server process. processes: each "
            "worker is a process of the program php_host, so a crash costs one request, and any "
            "build of PHP can be used, with extensions that are not thread-safe. A pool may have "
            "an engine of its own."},
    {.name = "php_host",
     .flag = "php-host",
     .environment = "PHP_HOST",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kPath,
     .field = &Settings::php_host,
     .default_text = "",
     .automatic = "tusk-php-host beside tusk",
     .doc = "The program that starts PHP and forks worker processes, with engine = \"processes\"."},
    {.name = "preload",
     .flag = "preload",
     .environment = "PRELOAD",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::preload,
     .default_text = "off",
     .choices = kPreloads,
     .doc = "auto: tusk records which files with classes and functions requests use, and the next "
            "start of PHP preloads them, so that no request loads them. It needs the supervisor, "
            "and opcache.preload has precedence. docs/preload.md says what it changes."},
    {.name = "preload_file",
     .flag = "preload-file",
     .environment = "PRELOAD_FILE",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kPath,
     .field = &Settings::preload_file,
     .default_text = "",
     .automatic = "a file for the document root in systemd's StateDirectory, /var/lib/tusk (root) "
                  "or $XDG_STATE_HOME/tusk",
     .doc = "Where preload = \"auto\" keeps its list. tusk makes its directory."},
    {.name = "opcache_restart_timeout",
     .flag = "opcache-restart-timeout",
     .environment = "OPCACHE_RESTART_TIMEOUT_SECS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::opcache_restart_timeout,
     .default_text = "2s",
     .max = kDayMs,
     .doc = "When OPcache has to restart, how long new requests wait for running scripts to end. "
            "After that they run without the cache, and the restart is tried again later."},
    {.name = "sapi_name",
     .flag = "sapi-name",
     .environment = "SAPI_NAME",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kChoice,
     .field = &Settings::sapi_name,
     .default_text = "fpm-fcgi",
     .choices = kSapiNames,
     .placeholder = "NAME",
     .doc = "The name that scripts see (PHP_SAPI, php_sapi_name()): fpm-fcgi, which applications "
            "take for a production server; cli-server, which they take for PHP's development "
            "server; apache2handler, cgi-fcgi, litespeed, frankenphp, uwsgi, ngx-php or tusk."},
    {.name = "server_software",
     .flag = "server-software",
     .environment = "SERVER_SOFTWARE",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kString,
     .field = &Settings::server_software,
     .default_text = "",
     .max = 256,
     .automatic = "tusk/ and the version",
     .doc = "SERVER_SOFTWARE in scripts, for applications that refuse servers whose name they do "
            "not know: \"nginx\", \"Apache\"."},
    {.name = "opcache_force_restart_timeout",
     .flag = "opcache-force-restart-timeout",
     .environment = "OPCACHE_FORCE_RESTART_TIMEOUT_SECS",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDuration,
     .field = &Settings::opcache_force_restart_timeout,
     .default_text = "30s",
     .max = kDayMs,
     .doc = "How long a script may delay a restart of OPcache. After that it is ended as by "
            "request_timeout; if it does not end within 5 s, its thread is stopped permanently "
            "and the worker is lost. Event streams, whose clients reconnect, are ended at once. "
            "0 sets no limit."},
    {.name = "php_ini",
     .flag = "php-ini",
     .short_flag = 'c',
     .environment = "PHP_INI",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kPath,
     .field = &Settings::php_ini,
     .default_text = "",
     .placeholder = "PHP.INI",
     .doc = "php.ini, or a directory that contains one. Without this, PHP looks in its usual "
            "places."},
    {.name = "php",
     .flag = "define",
     .short_flag = 'd',
     .environment = "PHP_DEFINE",
     .section = Section::kPhp,
     .scope = Scope::kProcess,
     .type = Type::kDirectives,
     .field = &Settings::php,
     .default_text = "",
     .separator = ';',
     .doc = "A php.ini directive; may be given several times, and overrides php.ini. In the "
            "file, use the table [php]; directives of all sources are merged by name."},
};

}  // namespace

std::span<const Option> php() { return kOptions; }

}  // namespace tusk::config::options

#include "config/output/reference.h"

#include <optional>

#include "config/environment.h"
#include "config/option.h"
#include "config/option_table.h"
#include "config/output/help.h"
#include "config/value.h"

namespace tusk::config::output {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Generated from src/config/options/: tusk config --reference > docs/configuration.md -->

You can give each option as a flag, as an environment variable, or in a file. Flags override
environment variables, which override the file, which overrides the default. This holds for each
option separately.

```
tusk --root public --workers 8             # flags
TUSK_ROOT=public TUSK_WORKERS=8 tusk       # environment
tusk --config /etc/tusk.toml               # file
tusk check --config /etc/tusk.toml         # checks the configuration, as nginx -t does
tusk check --strict --config …             # the same; warnings are errors, for deployments
tusk config --config /etc/tusk.toml        # shows each value in effect and where it came from
tusk config --changed --config …           # only the values that differ from their defaults
tusk help workers                          # the options of a group; tusk help names the groups
tusk help --drain-timeout                  # all about one option
```

`tusk config` prints a file that tusk can read; `tusk config --json` is for programs. With `--changed`,
a value that a preset has set is a comment, since the preset sets it again.

## Names

An option has one name in each place: in the file its key (`php_workers`), on the command line its flag
(`--workers`), in the environment `TUSK_` and the flag's name (`TUSK_WORKERS`). tusk also understands:

- in the file, the flag's name as a key, and dashes for underscores: `workers = 8`, `drain-timeout = "10s"`.
  Two names of one option in the same file are an error.
- in the environment, [older names](#older-variables) without `TUSK_`, such as `PHP_WORKERS`. `TUSK_WORKERS` overrides
  them. If your application has a variable of the same name, such as `ACCESS_LOG` or `COMPRESSION`, and tusk cannot use
  its value, tusk warns and ignores it. A value of a `TUSK_` variable that tusk cannot use is an error.

An unknown key or flag is an error, and an unknown `TUSK_` variable causes a warning; both name the nearest option.

## The file

The file is TOML. tusk reads it only when `--config` or `TUSK_CONFIG` names it, and looks for no file
by itself, so a directory that is served cannot configure its server. Keys are the names below, all
at the top; the table `[php]` at the end holds php.ini directives. `[[rules]]`
([routing.md](routing.md#rules)) and `[[pool]]` ([pools.md](pools.md)) come after them.

```toml
)";

constexpr std::string_view kExample = R"(listen = [":8080", "unix:/run/tusk.sock"]
document_root = "public"        # beside this file
fallback = "/index.php"
php_workers = 8
request_body_bytes = "64M"
idle_timeout = "2m"

[php]
memory_limit = "256M"
opcache.validate_timestamps = false
)";

constexpr std::string_view kForms = R"(```

`include = ["conf.d/*.toml"]` reads further files of the same form, by their names in order. A value in
one of them overrides the same value of the files before it; rules and pools are added, and `[php]` is merged.
An included file includes no other. `tusk config` shows which file a value comes from.

## How values are written

| kind | forms |
|---|---|
| SIZE | `65536`, `64K`, `64KiB`, `10MB`, `1G`; always binary: `1K`, `1KB` and `1KiB` are 1024 |
| RATIO | `0`, `0.25`, `1`: a share, with at most six decimals |
| TIME | `30` (seconds), `0.5`, `500ms`, `30s`, `5m`, `2h`, `7d`, `2w`; compounds such as `1h30m` |
| on, off | `1` `true` `on` `yes`; `0` `false` `off` `no`. As a flag: `--access-log`, `--no-access-log`, `--access-log=off` |
| ADDR | `host:port`, `:port` (every interface, IPv4 and IPv6), `[v6]:port`, `unix:/path`; port 0 lets the kernel choose |
| several ADDR | the flag several times; in the variable separated by commas; in the file `["…", "…"]` |
| NAME=VALUE | the flag several times; in the variable separated by semicolons; in the file the table `[php]` |
| paths | a relative path starts at the working directory; in the file, at the file's own directory |

- An empty environment variable counts as not set. An empty flag (`--fallback ""`) is an empty
  value.
- A list (`listen`, `trusted_proxies`, `compression` …) replaces the whole list of a lower source.
  php.ini directives of all sources are merged by name, but `extension` and `zend_extension` are
  collected: in the file, write `extension = ["a", "b"]`.
- `TUSK_USE_STUB=1` selects the executor, then `TUSK_USE_EXT=1`, then `TUSK_EXECUTOR`; among these, too,
  flags override environment variables, which override the file.
- If the configuration is invalid (a wrong value, an unknown flag, an unknown key), tusk exits with
  status 2 and prints a line on stderr for each mistake. If it is valid but cannot be used (a missing
  root, a port that is taken), the exit status is 1. A variable that looks like a misspelt one causes
  a warning.
- `tusk check` warns of settings that are valid but probably wrong: PHP directives that no extension
  knows, values that PHP does not accept, extensions that do not load, `upload_max_filesize` above
  `post_max_size` or `request_body_bytes`, directories that are missing or not writable, endless
  redirects, a root that is a whole project. It checks files as the user who runs it, so run it as the
  service's user. A start logs the same warnings. It runs the script of `opcache.preload`, in a process
  of its own, and nothing else of the application.
- *Scope* is what an option belongs to: the process, a listener (an address to serve on) or a site.
  This version has one site, and all listeners share their options.
- *Changes in place* marks options that a running tusk takes over without new server processes, if a
  reload changes nothing else ([operating.md](operating.md#changes-in-place)).

## Options
)";

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

// Escapes pipes, which would end the cell of a table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string row(const Option& option) {
  const std::string shown =
      option.default_text.empty()
          ? "none"
          : code(option.default_text) +
                (option.automatic.empty() ? "" : ": " + std::string(option.automatic));
  return "| " + (option.in_file ? code(option.name) : "no") + " | " +
         cell(code(flag_usage(option))) + " | " + code(own_name(option)) + " | " + shown + " | " +
         std::string(to_string(option.scope)) + " | " + cell(option.doc) + range_shown(option) +
         (option.in_place ? " Changes in place." : "") + " |\n";
}

// Lists the older variables that are not the own name without TUSK_.
std::string older_names() {
  std::string text = R"(
## Older variables

tusk still understands the names that variables had before. Most are the same without `TUSK_` (`LOG_LEVEL` for
`TUSK_LOG_LEVEL`; `TUSK_CONFIG`, `TUSK_USER` and `TUSK_GROUP` have no other). These differ, and are understood with `TUSK_` in front, too:

| variable | older |
|---|---|
)";
  for (const Option& option : option_table()) {
    const std::string own = own_name(option);
    if (own == option.environment || own == "TUSK_" + std::string(option.environment)) continue;
    text += "| " + code(own) + " | " + code(option.environment) + " |\n";
  }
  return text;
}

}  // namespace

std::string range_shown(const Option& option) {
  const auto shown = [&](std::uint64_t value) {
    if (option.type == Type::kBytes) return format_bytes(value);
    if (option.type == Type::kDuration)
      return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(value)));
    return std::to_string(value);
  };
  if (option.type != Type::kCount && option.type != Type::kBytes && option.type != Type::kDuration)
    return "";
  if (option.max == std::numeric_limits<std::uint64_t>::max()) return "";
  return " From " + shown(option.min) + " to " + shown(option.max) + ".";
}

std::string_view example_file() { return kExample; }

std::string reference_markdown() {
  std::string text(kIntroduction);
  text += kExample;
  text += kForms;
  std::optional<Section> section;
  for (const Option& option : option_table()) {
    if (section != option.section) {
      section = option.section;
      text += "\n### " + std::string(title(option.section)) + "\n\n";
      text += "| in the file | flag | variable | default | scope | what |\n";
      text += "|---|---|---|---|---|---|\n";
    }
    text += row(option);
  }
  return text + older_names();
}

}  // namespace tusk::config::output

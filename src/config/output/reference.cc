#include "config/output/reference.h"

#include <optional>

#include "config/option.h"
#include "config/option_table.h"
#include "config/output/help.h"
#include "config/value.h"

namespace tusk::config::output {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Generated from src/config/options/: tusk config --reference > docs/configuration.md -->

Each option can be given as a flag, as an environment variable, or in a file. For each option on its
own, **flag > environment > file > default**.

```
tusk --root public --workers 8             # flags
DOCUMENT_ROOT=public PHP_WORKERS=8 tusk    # environment
tusk --config /etc/tusk.toml               # file
tusk check --config /etc/tusk.toml         # is everything right? as nginx -t does
tusk check --strict --config …             # the same; warnings are errors too, for deployments
tusk config --config /etc/tusk.toml        # what is in effect, and where each value came from
```

`tusk config` prints a file that tusk can read; `tusk config --json` is for programs.

## The file

TOML. It is read only when `--config` or `TUSK_CONFIG` names it: there is no file that is looked for,
so a directory that is served cannot configure its server. Keys are the names below, all at the top;
the table `[php]` at the end holds php.ini directives.

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

## How values are written

| kind | forms |
|---|---|
| SIZE | `65536`, `64K`, `64KiB`, `10MB`, `1G`; always binary: `1K`, `1KB` and `1KiB` are 1024 |
| TIME | `30` (seconds), `0.5`, `500ms`, `30s`, `5m`, `2h`, `7d`, `2w`; compounds such as `1h30m` |
| on, off | `1` `true` `on` `yes`; `0` `false` `off` `no`. As a flag: `--access-log`, `--no-access-log`, `--access-log=off` |
| ADDR | `host:port`, `:port` (every interface, IPv4 and IPv6), `[v6]:port`, `unix:/path`; port 0 lets the kernel choose |
| several ADDR | the flag several times; in the variable separated by commas; in the file `["…", "…"]` |
| NAME=VALUE | the flag several times; in the variable separated by semicolons; in the file the table `[php]` |
| paths | relative ones are relative to the working directory, in the file to the file's own directory |

- An empty environment variable counts as not set. An empty flag (`--fallback ""`) is an empty
  value.
- A list (`listen`, `trusted_proxies`, `compression` …) of a higher source replaces that of a lower one; php.ini directives of all sources are
  merged by name, except that `extension` and `zend_extension` collect: in the file
  `extension = ["a", "b"]`.
- The executor is chosen by `USE_STUB=1`, then `USE_EXT=1`, then `EXECUTOR`; a flag among these goes
  before the environment, and the environment before the file.
- What cannot be understood (a value, an unknown flag, an unknown key) ends tusk with exit status 2
  and a line on stderr for each mistake. What is understood but not there (a missing root, a port
  that is taken) is exit status 1. A variable that looks like a misspelt one is a warning.
- Each variable has a second name with `TUSK_` in front (`TUSK_ACCESS_LOG`), which goes before the
  first. Use it where an application or image has a variable of the same name: a common name such as
  `ACCESS_LOG` or `COMPRESSION` with a value that tusk has no use for is a warning and has no effect.
- `tusk check` warns of what can be used and hardly works: PHP directives that no extension knows,
  values that PHP does not take, extensions that do not load, `upload_max_filesize` over
  `post_max_size` or `request_body_bytes`, directories that are missing or not writable, redirects
  without an end, a root that is a whole project. It looks as the user who runs it, so run it as the
  service's. A start logs the same warnings.
- *Scope* says what an option belongs to: the process, a listener (an address to serve on) or a site.
  This version has one site, and all listeners share their options.

## Options
)";

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

// A pipe would end the cell of a table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

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

std::string row(const Option& option) {
  const std::string shown =
      option.default_text.empty()
          ? "none"
          : code(option.default_text) +
                (option.automatic.empty() ? "" : ": " + std::string(option.automatic));
  return "| " + (option.in_file ? code(option.name) : "no") + " | " +
         cell(code(flag_usage(option))) + " | " + code(option.environment) + " | " + shown + " | " +
         std::string(to_string(option.scope)) + " | " + cell(option.doc) + range_shown(option) +
         " |\n";
}

}  // namespace

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
  return text;
}

}  // namespace tusk::config::output

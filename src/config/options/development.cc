#include "config/options/sections.h"

namespace tusk::config::options {
namespace {

constexpr Option kOptions[] = {
    {.name = "watch",
     .flag = "watch",
     .environment = "WATCH_FILES",
     .section = Section::kDevelopment,
     .scope = Scope::kProcess,
     .type = Type::kTextList,
     .field = &Settings::watch,
     .default_text = "",
     .min = 1,
     .max = 1024,
     .separator = ',',
     .placeholder = "GLOB",
     .doc = "Files that are watched in development; may be given several times: a glob such as "
            "src/**/*.php, relative to the working directory, a directory, or default for the "
            "sources of a usual project. A ! in front excludes. When one changes, resident scripts "
            "boot anew, and OPcache notices at once whatever php.ini says."},
    {.name = "watch_polling",
     .flag = "watch-polling",
     .environment = "WATCH_POLLING",
     .section = Section::kDevelopment,
     .scope = Scope::kProcess,
     .type = Type::kBool,
     .field = &Settings::watch_polling,
     .default_text = "off",
     .doc = "Look at the watched files again and again, in place of waiting for the kernel's "
            "reports. tusk does so by itself on network file systems, and where the kernel "
            "allows no more watches."},
    {.name = "hot_reload",
     .flag = "hot-reload",
     .environment = "HOT_RELOAD_PAGES",
     .section = Section::kDevelopment,
     .scope = Scope::kProcess,
     .type = Type::kBool,
     .field = &Settings::hot_reload,
     .default_text = "off",
     .doc = "Whether pages in the browser reload by themselves when a watched file changes, for "
            "development only: tusk puts a script into HTML pages, and compresses nothing. "
            "Without watch, it watches default."},
};

}  // namespace

std::span<const Option> development() { return kOptions; }

}  // namespace tusk::config::options

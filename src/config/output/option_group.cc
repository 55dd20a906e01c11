#include "config/output/option_group.h"

#include <algorithm>

#include "base/check.h"
#include "config/options/sections.h"

namespace tusk::config::output {
namespace {

const std::vector<OptionGroup>& groups() {
  static const std::vector<OptionGroup> kGroups = {
      {"serving",
       "Serving",
       "what is served and where, stopping, processes",
       {"listeners", "listening", "addresses", "proxies", "supervisor"},
       options::serving()},
      {"tls",
       "TLS",
       "certificates, HTTPS, redirects to it",
       {"https", "ssl", "certificates", "certificate", "security"},
       options::tls()},
      {"routing",
       "Routing and error pages",
       "which script or file answers a URL",
       {"routes", "rules", "presets", "rewrite", "errors"},
       options::routing()},
      {"php",
       "PHP",
       "the engine, php.ini, OPcache",
       {"engines", "opcache", "ini", "extensions"},
       options::php()},
      {"workers",
       "PHP workers",
       "how many scripts run, for how long, and their queue",
       {"worker", "queue", "pools", "pool", "scripts", "timeouts"},
       options::workers()},
      {"isolation",
       "Isolation of worker processes",
       "their cgroup, system calls and root directory",
       {"confinement", "cgroup", "cgroups", "seccomp", "chroot", "sandbox"},
       options::worker_confinement()},
      {"connections",
       "Connections",
       "limits and time limits of clients, HTTP/2",
       {"clients", "limits", "limit", "rates", "h2"},
       options::connections()},
      {"requests",
       "Requests and responses",
       "sizes, memory, uploads, compression",
       {"messages", "responses", "uploads", "bodies", "memory", "buffers"},
       options::messages()},
      {"files",
       "Files",
       "static files, their cache, listings",
       {"static", "cache", "caching"},
       options::files()},
      {"logging",
       "Logging",
       "the log, the access log, tracing",
       {"log", "logs", "tracing", "traces"},
       options::logging()},
      {"development",
       "Development",
       "reloads when files change",
       {"dev", "watching"},
       options::development()},
  };
  return kGroups;
}

template <class Matches>
const OptionGroup* find(Matches matches) {
  const auto found = std::ranges::find_if(groups(), matches);
  return found == groups().end() ? nullptr : &*found;
}

}  // namespace

std::span<const OptionGroup> option_groups() { return groups(); }

const OptionGroup* find_group(std::string_view word) {
  return find([&](const OptionGroup& group) { return group.word == word; });
}

const OptionGroup* find_group_by_alias(std::string_view alias) {
  return find([&](const OptionGroup& group) {
    return std::ranges::find(group.aliases, alias) != group.aliases.end();
  });
}

const OptionGroup& group_of(const Option& option) {
  const OptionGroup* const group = find([&](const OptionGroup& each) {
    return std::ranges::find(each.options, option.name, &Option::name) != each.options.end();
  });
  TUSK_CHECK(group != nullptr);
  return *group;
}

}  // namespace tusk::config::output

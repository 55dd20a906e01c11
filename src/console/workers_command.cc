#include "console/workers_command.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "console/internal_server.h"
#include "console/terminal_text.h"
#include "console/workers_table.h"
#include "console/workers_view.h"

namespace tusk::console {

namespace {

// The names keep their order.
using Page = nlohmann::ordered_json;

constexpr std::chrono::seconds kTimeout{10};
// Where the output goes to a file or a pipe.
constexpr std::size_t kColumns = 160;

Display display() {
  winsize size{};
  const bool is_terminal = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return {.columns = is_terminal ? size.ws_col : kColumns, .charset = terminal_charset()};
}

base::Result<Page> page_of(const std::string& control_socket, pid_t pid, bool backtraces) {
  auto server = InternalServer::connect(control_socket, pid, kTimeout);
  if (!server) return std::unexpected(server.error());
  const auto body =
      server->get(backtraces ? "/workers?format=json&backtrace=1" : "/workers?format=json");
  if (!body) return std::unexpected(body.error());
  Page page = Page::parse(*body, nullptr, false);
  const bool is_right =
      page.is_object() && page.contains("processes") && page["processes"].is_array();
  if (!is_right) return base::fail("the server process has answered something else");
  return page;
}

Page* process_in(Page& page, pid_t pid) {
  const auto found = std::ranges::find_if(page["processes"], [&](const Page& process) {
    return process.is_object() && process.value("pid", Page()) == Page(pid);
  });
  return found != page["processes"].end() ? &*found : nullptr;
}

// Each process knows the backtraces of its own workers only.
void take_own_part(Page& all, Page& page, pid_t pid) {
  const Page* const part = process_in(page, pid);
  if (part == nullptr) return;
  if (Page* const there = process_in(all, pid)) {
    *there = *part;
  } else {
    all["processes"].push_back(*part);
  }
}

// Removes the workers of all other pools. An error if none remains.
base::Result<void> keep_pool(Page& all, const std::string& pool) {
  std::set<std::string> names;
  for (Page& process : all["processes"]) {
    if (!process.is_object() || !process.contains("workers") || !process["workers"].is_array())
      continue;
    auto& workers = process["workers"].get_ref<Page::array_t&>();
    std::erase_if(workers, [&](const Page& worker) {
      if (!worker.is_object()) return true;
      const Page name = worker.value("pool", Page("default"));
      if (name.is_string()) names.insert(safe_text(name.get<std::string>(), terminal_charset()));
      return name != Page(pool);
    });
  }
  if (names.contains(pool)) return {};
  return base::fail(
      fmt::format("no pool '{}' has workers; there are: {}", pool, fmt::join(names, ", ")));
}

int failed(const std::string& message) {
  std::fprintf(stderr, "tusk: %s\n", message.c_str());
  return 1;
}

}  // namespace

int show_workers(const std::string& control_socket, const WorkersOptions& options) {
  const auto pids = serving_processes(control_socket, kTimeout);
  if (!pids) return failed(pids.error().message);
  Page all;
  std::string problem = "no server process serves yet";
  for (const pid_t pid : *pids) {
    base::Result<Page> page = page_of(control_socket, pid, options.backtraces);
    if (!page) {
      problem = page.error().message;
      (void)failed("process " + std::to_string(pid) + ": " + problem);
    } else if (all.is_null()) {
      all = std::move(*page);
    } else {
      take_own_part(all, *page, pid);
    }
    // The page of one process shows all of them.
    if (!options.backtraces && !all.is_null()) break;
  }
  if (all.is_null()) return failed(problem);
  if (!options.pool.empty()) {
    const base::Result<void> kept = keep_pool(all, options.pool);
    if (!kept) return failed(kept.error().message);
  }
  // In ASCII: no terminal obeys it.
  constexpr bool kAscii = true;
  const std::string json = all.dump(-1, ' ', kAscii, Page::error_handler_t::replace);
  const std::string text = options.json ? json + "\n" : workers_text(read_workers(json), display());
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace tusk::console

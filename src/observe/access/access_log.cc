#include "observe/access/access_log.h"

#include <chrono>
#include <memory>
#include <vector>

#include "observe/access/access_line.h"
#include "observe/writers.h"

namespace tusk::observe::inline access {
namespace {

struct Style {
  AccessFormat format;
  std::string service_name;
};

// Styles are never freed: a thread may still use one that a reload has replaced.
std::atomic<const Style*> active_style{nullptr};

void set_style(const AccessLogSettings& settings) {
  static auto& kept = *new std::vector<std::unique_ptr<const Style>>;
  kept.push_back(std::make_unique<const Style>(settings.format, settings.service_name));
  active_style.store(kept.back().get(), std::memory_order_release);
}

}  // namespace

void init_access_log(const AccessLogSettings& settings) {
  set_style(settings);
  detail::access_log_on.store(settings.enabled, std::memory_order_release);
}

void log_access(const AccessRecord& record) noexcept {
  if (!access_log_enabled()) return;
  const Style* style = active_style.load(std::memory_order_acquire);
  try {
    thread_local std::string line;  // keeps its capacity
    line.clear();
    append_access_line(line, record, style->format, style->service_name,
                       std::chrono::system_clock::now());
    access_writer().append(line, LineWriter::Urgency::kCanWait);
  } catch (...) {
    // Out of memory: there is no way to report it.
  }
}

}  // namespace tusk::observe::inline access

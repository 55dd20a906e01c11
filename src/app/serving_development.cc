// Serving: what serves development alone.
#include <chrono>
#include <string>

#include <unistd.h>

#include "app/serving.h"
#include "observe/log.h"

namespace tusk::app {

// Why resident scripts do not boot: a line for each pool; empty if all do.
std::string Serving::boot_errors() const {
  std::string text;
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const std::string reason = pools_[i].boot_pace().last_reason();
    if (reason.empty()) continue;
    if (!text.empty()) text += '\n';
    text += pools_.size() > 2 ? std::string(pools_[i].name()) + ": " + reason : reason;
  }
  return text;
}

std::optional<ServingLoop::DevelopmentParts> Serving::development_parts() {
  const plan::DevelopmentPlan& development = plan_.process.development;
  if (development.watched == nullptr) return {};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return ServingLoop::DevelopmentParts{
      .hot_reload = development.hot_reload,
      .process = development.several_processes
                     ? std::string()
                     : std::to_string(std::chrono::floor<std::chrono::seconds>(now).count()) + "." +
                           std::to_string(::getpid()),
      .boot_error = [this] { return boot_errors(); }};
}

void Serving::watch_sources() {
  using development::FileWatcher;
  const plan::DevelopmentPlan& development = plan_.process.development;
  if (development.watched == nullptr) return;
  observe::warn(development.hot_reload
                    ? "for development only: watches files, shows errors of boots, and puts a "
                      "script into pages"
                    : "for development only: watches files, and shows errors of boots");
  source_watch_.emplace(
      *development.watched,
      development.polls ? FileWatcher::Method::kPolling : FileWatcher::Method::kAutomatic,
      development::SourceWatch::Actions{
          .restart_scripts = [this] { pools_.restart_scripts(); },
          .tell_browsers =
              [this](development::Changed changed) {
                using server::development::Reload;
                const bool styles = changed == development::Changed::kStyles;
                for (const auto& loop : loops_)
                  loop->reload_pages(styles ? Reload::kStyles : Reload::kPage);
              }});
  if (const base::Result<void> started = source_watch_->start(); !started)
    observe::error("files are not watched", {{"reason", started.error().message}});
}

}  // namespace tusk::app

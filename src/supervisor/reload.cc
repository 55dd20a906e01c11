// Supervisor: the change to another configuration. It becomes a new generation of server processes,
// or, if it changes only what can change in place, the processes take the new values over.

#include <algorithm>
#include <ctime>
#include <iterator>
#include <utility>

#include "observe/events.h"
#include "observe/log.h"
#include "supervisor/supervisor.h"

namespace tusk::supervisor {

namespace {

std::string reloading_state() {
  // Type=notify-reload wants the time of the monotonic clock (sd_notify(3)).
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = std::uint64_t(now.tv_sec) * 1000000 + std::uint64_t(now.tv_nsec) / 1000;
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
}

}  // namespace

void Supervisor::notify_reloading() { parts_.notifier.notify(reloading_state()); }

bool Supervisor::reload_must_wait() const {
  const bool starting = next_ != nullptr && base::now() - next_started_ < kStartTimeout;
  return starting || upgrading_ || changing_ || renewing_php_ || !current_->ready();
}

void Supervisor::reload() {
  if (end_ != End::kNotAsked) return;
  give_up_slow_upgrade();
  if (reload_must_wait()) {
    reload_again_ = true;
    return await_slow_start();
  }
  if (next_ != nullptr) {
    give_up_next();
    // This reload reads what those that wait have changed.
    reload_again_ = false;
    std::ranges::move(std::exchange(waiting_clients_, {}), std::back_inserter(reload_clients_));
  }
  notify_reloading();
  const bool asked_for_generation = std::exchange(new_generation_, false);
  auto configuration = parts_.loader();
  if (!configuration) {
    for (const std::string& reason : configuration.error()) observe::error(reason);
    return reload_failed(configuration.error());
  }
  const config::Difference changes =
      config::difference(current_->configuration().values, configuration->values);
  if (!asked_for_generation && changes.only_in_place() && configuration->file_text)
    return change_in_place(std::move(*configuration), changes);
  change_generation(std::move(*configuration));
}

// Processes that hang at their start tell nothing, and would hold the reload that waits for them.
void Supervisor::await_slow_start() {
  if (next_ == nullptr || next_->ready()) return;
  slow_start_.after(next_started_ + kStartTimeout - base::now(), [this] {
    give_up_slow_upgrade();  // a reload that waits begins by itself then
    if (reload_again_) reload();
  });
}

void Supervisor::change_generation(Configuration configuration) {
  current_->stop_recycling();
  base::Result<std::unique_ptr<Generation>> started =
      start_generation(std::move(configuration), parts_.program);
  if (!started) {
    observe::error(started.error().message);
    return reload_failed({started.error().message});
  }
  next_ = std::move(*started);
  next_started_ = base::now();
  warn_of_slow_start();
}

// It may take long for good reasons: a resident script that boots, pages that warm it up.
void Supervisor::warn_of_slow_start() {
  slow_start_.after(kStartTimeout, [this] {
    if (next_ == nullptr || next_->ready()) return;
    observe::warn("the new generation has not started yet: another reload gives it up",
                  {{"generation", next_->number()}});
  });
}

void Supervisor::change_in_place(Configuration configuration, const config::Difference& changes) {
  changing_ = true;
  changed_options_ = config::joined(changes.in_place);
  wanted_ = configuration;
  current_->apply(std::move(configuration));
}

void Supervisor::on_applied(Generation& /*generation*/, std::vector<std::string> refusals) {
  changing_ = false;
  Configuration wanted = std::exchange(wanted_, {});
  if (end_ != End::kNotAsked) return;
  if (!refusals.empty()) {
    observe::info("the change needs a new generation", {{"reason", refusals.front()}});
    change_generation(std::move(wanted));
    if (next_ == nullptr) reload_again();
    return;
  }
  const base::LogLevel level = current_->configuration().log_level;
  // The line is logged if either level shows it.
  if (!observe::enabled(observe::Level::kInfo)) observe::set_level(level);
  observe::info("reloaded without a new generation", {{"changed", changed_options_}});
  observe::set_level(level);
  processes_.count_reload(observe::ReloadResult::kInPlace);
  parts_.notifier.notify("READY=1");
  answer_reload({0, {"applied without a new generation: " + changed_options_}});
  reload_again();
  current_->recycle_next();
}

void Supervisor::renew_php(ControlClient client) {
  const bool busy = next_ != nullptr || changing_ || renewing_php_ || !current_->ready();
  if (busy) return client.answer({1, {"another reload is under way"}});
  notify_reloading();
  reload_clients_.push_back(std::move(client));
  renewing_php_ = true;
  current_->renew_php();
}

// Where PHP is part of the server processes, new ones bring it.
void Supervisor::on_php_renewed(Generation& /*generation*/, std::vector<std::string> failures) {
  renewing_php_ = false;
  if (end_ != End::kNotAsked) return;
  if (std::ranges::find(failures, kPhpInThreads) != failures.end()) {
    new_generation_ = true;
    return reload();
  }
  if (!failures.empty()) {
    reload_failed(failures);
    return reload_again();
  }
  observe::info("new PHP hosts serve");
  processes_.count_reload(observe::ReloadResult::kInPlace);
  parts_.notifier.notify("READY=1");
  answer_reload({0, {"new PHP hosts serve"}});
  reload_again();
  current_->recycle_next();
}

void Supervisor::reload_again() {
  if (!std::exchange(reload_again_, false)) return;
  reload_clients_ = std::exchange(waiting_clients_, {});
  reload();
}

void Supervisor::give_up_next() {
  next_->drain(DrainCause::kEnds);
  retired_.push_back(std::move(next_));
}

// The reasons have been logged, by the supervisor or by the server process.
void Supervisor::reload_failed(const std::vector<std::string>& reasons) {
  processes_.count_reload(observe::ReloadResult::kFailed);
  observe::note_event({.kind = observe::EventKind::kReloadFailed,
                       .message = reasons.empty() ? std::string_view() : reasons.front()});
  observe::error("reload failed: the generation before goes on",
                 {{"generation", current_->number()}});
  parts_.notifier.notify("READY=1\nSTATUS=reload failed: " +
                         (reasons.empty() ? std::string() : reasons.front()));
  answer_reload({1, reasons});
  current_->recycle_next();
}

}  // namespace tusk::supervisor

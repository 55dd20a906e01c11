#include "host/boot_watch.h"

#include <csignal>

#include "exec/process/region.h"
#include "host/server_signals.h"
#include "php/script_thread.h"

namespace tusk::host {

BootWatch::BootWatch(exec::Executor& executor) {
  const php::ScriptThread::Pause of_script;  // else the script's own wishes would be recorded
  watch_executor(&executor);
  handle_time_signal(kStatus);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = exec::process::time_signal();
  has_timer_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  go_on();
}

BootWatch::~BootWatch() {
  if (has_timer_) ::timer_delete(timer_);
  watch_executor(nullptr);
}

void BootWatch::set_interval(int milliseconds) {
  if (!has_timer_) return;
  const timespec interval{.tv_sec = 0, .tv_nsec = long{milliseconds} * 1'000'000};
  const itimerspec times{.it_interval = interval, .it_value = interval};
  ::timer_settime(timer_, 0, &times, nullptr);
}

}  // namespace tusk::host

#include "php/interrupt/time_limits.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <signal.h>

namespace tusk::php::interrupt {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// How long a script may take to return from the C functions that it is in.
constexpr base::Duration kUnwindTime = 1s;
// How long shutdown functions and destructors may take once the request's time is over.
constexpr base::Duration kShutdownTime = 5s;
// A thread that has not reacted by then is inside something that cannot be ended.
constexpr base::Duration kLostAfter = 5s;

// Neither SIGRTMIN, which PHP uses (zend_max_execution_timer.c), nor those that glibc keeps for
// itself.
int interrupt_signal() { return SIGRTMIN + 1; }

thread_local TimeLimits* current_limits = nullptr;

constinit TimeLimits::ToldTimes told_times;

void on_interrupt_signal(int) {}

std::int64_t cpu_time_of(pthread_t thread) noexcept {
  clockid_t clock{};
  timespec used{};
  if (::pthread_getcpuclockid(thread, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

}  // namespace

// Without SA_RESTART: its only purpose is to end the system call that the thread is in.
void TimeLimits::install() {
  struct sigaction action{};
  action.sa_handler = on_interrupt_signal;
  sigemptyset(&action.sa_mask);
  sigaction(interrupt_signal(), &action, nullptr);
}

TimeLimits* TimeLimits::current() noexcept { return current_limits; }

void TimeLimits::tell_server_in(const ToldTimes& times) noexcept { told_times = times; }

// Called after each change of a limit.
void TimeLimits::tell_server() const noexcept {
  if (told_times.deadline_ns == nullptr) return;
  const Ticks waited = exchange_ != nullptr ? exchange_->waited().count() : 0;
  const Ticks request = request_until_.load(std::memory_order_relaxed);
  Ticks deadline = std::min({request, script_until_.load(std::memory_order_relaxed),
                             cpu_look_at_.load(std::memory_order_relaxed)});
  if (stage_.load(std::memory_order_relaxed) == Stage::kUnwinding)
    deadline = std::min(deadline, unwind_until_);
  told_times.deadline_ns->store(deadline == kNever ? 0 : deadline + waited,
                                std::memory_order_relaxed);
  told_times.lost_ns->store(request == kNever ? 0 : request + waited + kLostAfter.count(),
                            std::memory_order_relaxed);
}

TimeLimits::TimeLimits(const TimeLimitSettings& settings, base::Duration first_limit,
                       base::Duration cpu_limit)
    : settings_(settings),
      first_limit_(first_limit),
      cpu_limit_(cpu_limit),
      thread_(pthread_self()),
      php_timed_out_(&EG(timed_out)),
      php_interrupt_(&EG(vm_interrupt)),
      script_until_(kNever),
      request_until_(kNever),
      cpu_look_at_(kNever) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, interrupt_signal());
  pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
  current_limits = this;
}

TimeLimits::~TimeLimits() { current_limits = nullptr; }

TimeLimits::Ticks TimeLimits::script_now() const noexcept {
  const base::Duration waited = exchange_ != nullptr ? exchange_->waited() : base::Duration{};
  return (base::now().time_since_epoch() - waited).count();
}

void TimeLimits::begin_request(const exec::Exchange& exchange, base::MonotonicTime since) noexcept {
  exchange_ = &exchange;
  since_ = since;
  in_shutdown_ = shutdown_notified_ = false;
  stage_.store(Stage::kRunning, std::memory_order_relaxed);
  event_stream_.store(false, std::memory_order_relaxed);
  for_restart_.store(false, std::memory_order_relaxed);
  for_shutdown_.store(false, std::memory_order_relaxed);
  for_cpu_.store(false, std::memory_order_relaxed);
  if (cpu_limit_.count() != 0) {
    cpu_begun_ns_.store(cpu_time_of(thread_), std::memory_order_relaxed);
    cpu_look_at_.store(script_now() + cpu_limit_.count(), std::memory_order_relaxed);
  }
  set_request_limit(first_limit_);
}

void TimeLimits::set_request_limit(base::Duration limit) noexcept {
  request_limit_ = limit;
  const Ticks until = limit.count() == 0 ? kNever : (since_.time_since_epoch() + limit).count();
  request_until_.store(until, std::memory_order_relaxed);
  tell_server();
}

void TimeLimits::end_request() noexcept {
  script_until_.store(kNever, std::memory_order_relaxed);
  request_until_.store(kNever, std::memory_order_relaxed);
  cpu_look_at_.store(kNever, std::memory_order_relaxed);
  stage_.store(Stage::kRunning, std::memory_order_relaxed);
  exchange_ = nullptr;
  tell_server();
}

void TimeLimits::use_event_stream_limit() noexcept {
  event_stream_.store(true, std::memory_order_relaxed);
  set_request_limit(settings_.sse);
}

void TimeLimits::response_finished() noexcept {
  cpu_look_at_.store(kNever, std::memory_order_relaxed);
  set_request_limit({});
}

void TimeLimits::set_script_limit(zend_long seconds) noexcept {
  constexpr zend_long kMaxSeconds = 999'999'999;  // as zend_max_execution_timer_settime() has it
  const bool limited = exchange_ != nullptr && seconds > 0 && seconds <= kMaxSeconds;
  script_until_.store(limited ? script_now() + seconds * 1'000'000'000 : kNever,
                      std::memory_order_relaxed);
  if (in_child_) return arm_child_timer();
  tell_server();
}

void TimeLimits::on_child_timer(int) noexcept {
  zend_atomic_bool_store(current_limits->php_timed_out_, true);
  zend_atomic_bool_store(current_limits->php_interrupt_, true);
}

void TimeLimits::enter_child() noexcept {
  told_times = {};
  request_until_.store(kNever, std::memory_order_relaxed);
  cpu_look_at_.store(kNever, std::memory_order_relaxed);
  struct sigaction action{};
  action.sa_handler = on_child_timer;
  sigemptyset(&action.sa_mask);
  sigaction(interrupt_signal(), &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = interrupt_signal();
  in_child_ = timer_create(CLOCK_MONOTONIC, &event, &child_timer_) == 0;
  if (in_child_) arm_child_timer();
}

// The thread's clock is the monotonic clock, less what was waited for the client until the fork.
void TimeLimits::arm_child_timer() noexcept {
  const Ticks until = script_until_.load(std::memory_order_relaxed);
  itimerspec when{};
  if (until != kNever) {
    const Ticks left = std::max<Ticks>(until - script_now(), 1);
    when.it_value.tv_sec = left / 1'000'000'000;
    when.it_value.tv_nsec = left % 1'000'000'000;
  }
  timer_settime(child_timer_, 0, &when, nullptr);
}

TimeNotice TimeLimits::expired_at(Ticks now) const noexcept {
  return {.script_expired = now >= script_until_.load(std::memory_order_relaxed),
          .request_expired = now >= request_until_.load(std::memory_order_relaxed)};
}

TimeNotice TimeLimits::take_notice() noexcept {
  if (in_child_ || exchange_ == nullptr) return {};
  const Ticks now = script_now();
  if (stage_.load(std::memory_order_relaxed) == Stage::kUnwinding) {
    return {.bail_out = now >= unwind_until_};
  }
  TimeNotice notice = expired_at(now);
  if (notice.expired()) {
    script_until_.store(kNever, std::memory_order_relaxed);
    if (notice.request_expired) {
      request_until_.store(now + kShutdownTime.count(), std::memory_order_relaxed);
    }
    // Nothing tells when a shutdown function has returned, so the second time-out is the second
    // step.
    if (in_shutdown_) notice.bail_out = std::exchange(shutdown_notified_, true);
  }
  const bool unwinds = notice.expired() && !in_shutdown_;
  if (unwinds) unwind_until_ = now + kUnwindTime.count();
  stage_.store(unwinds ? Stage::kUnwinding : Stage::kRunning, std::memory_order_relaxed);
  tell_server();
  return notice;
}

void TimeLimits::script_ended() noexcept {
  in_shutdown_ = true;
  stage_.store(Stage::kRunning, std::memory_order_relaxed);
  tell_server();
}

bool TimeLimits::must_end() const noexcept {
  const Stage stage = stage_.load(std::memory_order_relaxed);
  return stage == Stage::kUnwinding ||
         (stage == Stage::kNotified && expired_at(script_now()).expired());
}

// Repeated at every tick, because the script may have set another limit meanwhile. After the first
// notice less than kShutdownTime is left, and that stays: false.
bool TimeLimits::move_request_limit_to(Ticks now) noexcept {
  if (request_until_.load(std::memory_order_relaxed) <= now + kShutdownTime.count()) return false;
  request_until_.store(now, std::memory_order_relaxed);
  return true;
}

void TimeLimits::look_at_cpu(Ticks now) noexcept {
  if (now < cpu_look_at_.load(std::memory_order_relaxed)) return;
  const std::int64_t left =
      cpu_limit_.count() - (cpu_time_of(thread_) - cpu_begun_ns_.load(std::memory_order_relaxed));
  if (left > 0) return cpu_look_at_.store(now + left, std::memory_order_relaxed);
  cpu_look_at_.store(kNever, std::memory_order_relaxed);
  for_cpu_.store(true, std::memory_order_relaxed);
  (void)move_request_limit_to(now);
  tell_server();
}

void TimeLimits::end_now(const exec::Exchange& exchange, base::MonotonicTime now) noexcept {
  for_shutdown_.store(true, std::memory_order_relaxed);
  (void)move_request_limit_to((now.time_since_epoch() - exchange.waited()).count());
}

bool TimeLimits::end_for_restart(const exec::Exchange& exchange, base::MonotonicTime now,
                                 base::Duration delay) noexcept {
  const bool event_stream = event_stream_.load(std::memory_order_relaxed);
  if (event_stream && settings_.force_restart.count() != 0) delay = base::Duration::max();
  if (!delays_too_long(delay)) return false;
  const Ticks script_now = (now.time_since_epoch() - exchange.waited()).count();
  if (!move_request_limit_to(script_now)) return false;
  return !for_restart_.exchange(true, std::memory_order_relaxed);
}

exec::WatchResult TimeLimits::watch(const exec::Exchange& exchange,
                                    base::MonotonicTime now) noexcept {
  if (exchange.waits_for_client()) return exec::WatchResult::kFine;
  const Ticks script_now = (now.time_since_epoch() - exchange.waited()).count();
  look_at_cpu(script_now);
  const TimeNotice notice = expired_at(script_now);
  const Stage stage = stage_.load(std::memory_order_relaxed);
  if (!notice.expired() && stage != Stage::kUnwinding) {
    tell_server();  // the script has waited for its client since
    return exec::WatchResult::kFine;
  }
  Stage expected = Stage::kRunning;
  stage_.compare_exchange_strong(expected, Stage::kNotified, std::memory_order_relaxed);
  zend_atomic_bool_store(php_interrupt_, true);
  // Repeated at every tick: the first signal may have come just before the thread began to wait.
  pthread_kill(thread_, interrupt_signal());
  const bool lost =
      notice.request_expired &&
      script_now - request_until_.load(std::memory_order_relaxed) >= kLostAfter.count();
  return lost ? exec::WatchResult::kLost : exec::WatchResult::kFine;
}

}  // namespace tusk::php::interrupt

// The following functions replace libphp's functions of these names: a program's symbols take
// precedence over those of its libraries. Their contract is in Zend/zend_execute_API.c.

extern "C" {

// PHP's header declares it outside extern "C".
ZEND_API void no_execution_timer(void) __asm__("zend_max_execution_timer_init");
void no_execution_timer(void) {}

void zend_set_timeout(zend_long seconds, bool /*reset_signals*/) {
  EG(timeout_seconds) = seconds;
  if (auto* const limits = tusk::php::interrupt::TimeLimits::current())
    limits->set_script_limit(seconds);
  zend_atomic_bool_store(&EG(timed_out), false);
}

void zend_unset_timeout(void) {
  if (auto* const limits = tusk::php::interrupt::TimeLimits::current()) limits->set_script_limit(0);
  zend_atomic_bool_store(&EG(timed_out), false);
}

// Called in a forked child only: here nothing else sets EG(timed_out)
// (php/interrupt/script_interrupt.cc).
ZEND_API ZEND_NORETURN void ZEND_FASTCALL zend_timeout(void) {
  zend_atomic_bool_store(&EG(timed_out), false);
  zend_error_noreturn(E_ERROR, "Maximum execution time of " ZEND_LONG_FMT " second%s exceeded",
                      EG(timeout_seconds), EG(timeout_seconds) == 1 ? "" : "s");
}

}  // extern "C"

#include "observe/log.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "base/mutex.h"
#include "observe/emergency_line.h"
#include "observe/escape.h"
#include "observe/log_file.h"
#include "observe/log_text.h"
#include "observe/writers.h"

namespace tusk::observe {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info",
                                                         "warn",  "error", "off"};

std::atomic<bool> priority_prefixes{false};

constexpr std::size_t kLevelWidth = 5;  // of the longest name, in text

// spdlog calls kWarn "warning", which would differ from the name in LOG_LEVEL.
class LevelNameFlag : public spdlog::custom_flag_formatter {
 public:
  explicit LevelNameFlag(std::size_t width) : width_(width) {}
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string_view name =
        message.level == spdlog::level::warn ? "warn" : to_view(message.level);
    out.append(name.data(), name.data() + name.size());
    for (std::size_t i = name.size(); i < width_; ++i) out.push_back(' ');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelNameFlag>(width_);
  }

 private:
  static std::string_view to_view(spdlog::level::level_enum level) {
    const spdlog::string_view_t name = spdlog::level::to_string_view(level);
    return {name.data(), name.size()};
  }

  std::size_t width_;  // shorter names are padded
};

// Passes finished lines to the log's writer. The mutex protects the formatter, which caches the
// date.
class WriterSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void lock_for_fork() { mutex_.lock(); }
  void unlock_after_fork() { mutex_.unlock(); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    if (priority_prefixes.load(std::memory_order_relaxed)) {
      const std::string_view prefix = priority_prefix(static_cast<Level>(message.level));
      line.append(prefix.data(), prefix.data() + prefix.size());
    }
    formatter_->format(message, line);
    log_writer().append({line.data(), line.size()}, message.level >= spdlog::level::warn
                                                        ? LineWriter::Urgency::kUrgent
                                                        : LineWriter::Urgency::kCanWait);
  }
  void flush_() override {}
};

std::string text_pattern() { return "%Y-%m-%dT%H:%M:%S.%eZ %* %v"; }

std::string json_pattern(std::string_view service_name) {
  std::string escaped;
  append_json_escaped(escaped, service_name);
  std::string pattern = R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*","service":")";
  for (const char c : escaped) pattern.append(c == '%' ? 2 : 1, c);
  pattern += R"(",%v})";
  return pattern;
}

// A logger and the format of its lines, replaced together by a reload.
struct Front {
  explicit Front(const LogSettings& settings)
      : format(settings.format), sink(std::make_shared<WriterSink>()), logger("tusk", sink) {
    const bool json = format == LogFormat::kJson;
    auto formatter =
        std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    formatter->add_flag<LevelNameFlag>('*', json ? 0 : kLevelWidth);
    formatter->set_pattern(json ? json_pattern(settings.service_name) : text_pattern());
    logger.set_formatter(std::move(formatter));
    logger.set_level(spdlog::level::trace);  // detail::active_level decides
  }

  LogFormat format;
  std::shared_ptr<WriterSink> sink;  // shared: spdlog's interface
  spdlog::logger logger;
};

// Fronts are never freed: a thread may still use one that a reload has replaced.
struct Fronts {
  Fronts() { replace(LogSettings{}); }
  void replace(const LogSettings& settings) {
    kept.push_back(std::make_unique<Front>(settings));
    active.store(kept.back().get(), std::memory_order_release);
  }

  std::atomic<Front*> active{nullptr};
  std::vector<std::unique_ptr<Front>> kept;  // used by init only, on the main thread
};

Fronts& fronts() {
  static Fronts& instance = *new Fronts;  // outlives every thread
  return instance;
}

// Locks held around fork(): a child forked by a PHP worker (pcntl_fork) must not inherit a log that
// another thread had locked. The order is the one in which log() locks.
struct ForkLocks {
  base::Mutex mutex;  // one fork at a time
  Front* front TUSK_GUARDED_BY(mutex) = nullptr;
  std::array<LineWriter*, 3> writers TUSK_GUARDED_BY(mutex){};
};

ForkLocks& fork_locks() {
  static ForkLocks& instance = *new ForkLocks;
  return instance;
}

// pthread_atfork() locks in one function and unlocks in another.
void lock_before_fork() TUSK_NO_THREAD_ANALYSIS {
  ForkLocks& locks = fork_locks();
  locks.mutex.lock();
  locks.front = fronts().active.load(std::memory_order_acquire);
  locks.front->sink->lock_for_fork();
  locks.writers = {};
  std::size_t count = 0;
  for_each_writer([&](LineWriter& writer) TUSK_NO_THREAD_ANALYSIS {
    writer.lock_for_fork();
    locks.writers[count++] = &writer;
  });
}

void unlock_after_fork(void (LineWriter::*unlock)() noexcept) TUSK_NO_THREAD_ANALYSIS {
  ForkLocks& locks = fork_locks();
  for (LineWriter* writer : locks.writers) {
    if (writer != nullptr) (writer->*unlock)();
  }
  if (locks.front != nullptr) locks.front->sink->unlock_after_fork();
  locks.mutex.unlock();
}

void unlock_in_parent() { unlock_after_fork(&LineWriter::unlock_in_parent); }
void unlock_in_child() { unlock_after_fork(&LineWriter::unlock_in_child); }

bool wants_priority_prefixes(const LogSettings& settings) {
  if (&log_writer() != &stderr_writer()) return false;  // a file is not the journal
  return settings.priority_prefix == PriorityPrefix::kOn ||
         (settings.priority_prefix == PriorityPrefix::kAuto && stderr_is_journal());
}

spdlog::level::level_enum spdlog_level(Level level) {
  return static_cast<spdlog::level::level_enum>(level < Level::kOff ? level : Level::kError);
}

}  // namespace

base::Result<void> open_files(const std::string& log_file, const std::string& access_log_file) {
  base::Result<void> opened = set_log_file(log_file);
  return opened ? set_access_file(access_log_file) : opened;
}

void start_failed(std::string_view message) {
  error(message);
  const bool is_on_stderr = enabled(Level::kError) && &log_writer() == &stderr_writer();
  if (!is_on_stderr)
    stderr_writer().append("tusk: " + std::string(message) + "\n", LineWriter::Urgency::kUrgent);
  flush();
}

void reopen_files() noexcept {
  for_each_writer([](LineWriter& writer) { writer.reopen(); });
}

bool are_files_reopening() noexcept {
  bool any = false;
  for_each_writer([&](const LineWriter& writer) { any = any || writer.is_reopening(); });
  return any;
}

void init(const LogSettings& settings) {
  fronts().replace(settings);
  set_message_name(settings.message_name);
  const bool prefixes = wants_priority_prefixes(settings);
  priority_prefixes.store(prefixes, std::memory_order_relaxed);
  EmergencyLine::set_style(settings.format, settings.service_name, prefixes);
  set_level(settings.level);
  if (settings.writer == LogWriter::kCaller) {
    for_each_writer([](LineWriter& writer) { writer.drop_when_full(); });
    return;
  }
  static std::once_flag once;
  std::call_once(once, [] {
    start_writers([](std::uint64_t lost) {
      log(Level::kWarn, "log lines were lost: they could not be written fast enough",
          {{"lost", lost}});
    });
    pthread_atfork(lock_before_fork, unlock_in_parent, unlock_in_child);
  });
}

void set_level(Level level) noexcept {
  detail::active_level.store(level, std::memory_order_relaxed);
}

std::string_view level_name(Level level) noexcept {
  return kLevelNames[static_cast<std::size_t>(level)];
}

void log(Level level, std::string_view message, std::span<const Field> fields) noexcept {
  if (!enabled(level)) return;
  try {
    Front& front = *fronts().active.load(std::memory_order_acquire);
    const std::string body = log_text(message, fields, front.format);
    front.logger.log(spdlog_level(level), spdlog::string_view_t(body.data(), body.size()));
  } catch (...) {
    // Out of memory: there is no way to report it.
  }
}

void detail::vlog(Level level, fmt::string_view format, fmt::format_args args) noexcept {
  try {
    log(level, fmt::vformat(format, args));
  } catch (...) {
    // Out of memory, or a formatter failed.
  }
}

// A line of `syslog()`'s priorities, as the journal reads it.
std::string_view priority_prefix(Level level) noexcept {
  if (level >= Level::kError) return "<3>";
  if (level == Level::kWarn) return "<4>";
  return level == Level::kInfo ? "<6>" : "<7>";
}

bool flush(std::chrono::milliseconds timeout) noexcept {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + timeout;
  bool all = true;
  for_each_writer([&](LineWriter& writer) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    all = writer.flush(std::max(left, std::chrono::milliseconds(0))) && all;
  });
  return all;
}

void give_up_rights() noexcept {
  for_each_writer([](LineWriter& writer) { writer.give_up_rights(); });
}

void emergency_flush() noexcept {
  for_each_writer([](LineWriter& writer) { writer.emergency_flush(); });
}

int emergency_descriptor() noexcept { return log_writer().descriptor(); }

std::uint64_t lines_dropped() noexcept {
  std::uint64_t lost = 0;
  for_each_writer([&](LineWriter& writer) { lost += writer.lines_lost(); });
  return lost;
}

}  // namespace tusk::observe

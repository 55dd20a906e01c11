#include "observe/emergency_line.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "observe/escape.h"
#include "observe/message_name.h"

namespace tusk::observe {

namespace {

constexpr std::size_t kMaxValueBytes = 2048;
// The room that a field needs. A field with less room is left out.
constexpr std::size_t kMinRoom = 128;
constexpr int kWriteTimeoutMs = 1000;

// Complete before it is published, and never freed: a thread may still use it.
struct Style {
  LogFormat format = LogFormat::kText;
  std::string service;  // escaped
  bool priority_prefix = false;
};

std::atomic<const Style*> style{nullptr};

bool is_json() noexcept {
  const Style* const now = style.load(std::memory_order_acquire);
  return now != nullptr && now->format == LogFormat::kJson;
}

struct Date {
  std::uint64_t year;
  unsigned month;
  unsigned day;
};

// The date of a number of days since 1970, in the proleptic Gregorian calendar, because gmtime_r()
// may take a lock. This is Howard Hinnant's civil_from_days(): years begin in March, and eras of
// 400 years repeat.
Date date_of(std::uint64_t days_since_1970) noexcept {
  const std::uint64_t days = days_since_1970 + 719'468;
  const std::uint64_t era = days / 146'097;
  const std::uint64_t of_era = days % 146'097;
  const std::uint64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::uint64_t month = (5 * of_year + 2) / 153;
  const auto day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1);
  const auto civil_month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
  return {year + era * 400 + (civil_month <= 2 ? 1 : 0), civil_month, day};
}

void write_all(std::string_view text) noexcept {
  const int out = emergency_descriptor();
  while (!text.empty()) {
    pollfd writable{.fd = out, .events = POLLOUT, .revents = 0};
    if (::poll(&writable, 1, kWriteTimeoutMs) <= 0) return;
    const ssize_t written = ::write(out, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

// Earlier styles are kept: a handler may be reading one.
void EmergencyLine::set_style(LogFormat format, std::string_view service_name,
                              bool priority_prefix) {
  static auto& kept = *new std::vector<std::unique_ptr<Style>>;
  kept.push_back(std::make_unique<Style>(
      Style{.format = format, .service = {}, .priority_prefix = priority_prefix}));
  append_json_escaped(kept.back()->service, service_name);
  style.store(kept.back().get(), std::memory_order_release);
}

EmergencyLine::EmergencyLine(std::string_view message, Level level) noexcept {
  const bool json = is_json();
  if (const Style* const now = style.load(std::memory_order_acquire);
      now != nullptr && now->priority_prefix) {
    line_.append(priority_prefix(level));
  }
  if (json) line_.append(R"({"timestamp":")");
  append_stamp();
  if (json) {
    line_.append(R"(","level":")");
    line_.append(level_name(level));
    line_.append(R"(","service":")");
    line_.append(style.load(std::memory_order_acquire)->service);
    line_.append(R"(",")");
    line_.append(message_name());
    line_.append(R"(":")");
    append_json_escaped(line_, message);
    line_.push_back('"');
  } else {
    const std::string_view name = level_name(level);
    line_.push_back(' ');
    line_.append(name);
    line_.append(std::string_view("      ").substr(std::min<std::size_t>(name.size(), 5)));
    append_text_escaped(line_, message);
  }
}

void EmergencyLine::append_stamp() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto seconds = static_cast<std::uint64_t>(now.tv_sec);
  const Date date = date_of(seconds / 86'400);
  line_.append_number(date.year, 10, 4);
  line_.push_back('-');
  line_.append_number(date.month, 10, 2);
  line_.push_back('-');
  line_.append_number(date.day, 10, 2);
  line_.push_back('T');
  line_.append_number(seconds / 3600 % 24, 10, 2);
  line_.push_back(':');
  line_.append_number(seconds / 60 % 60, 10, 2);
  line_.push_back(':');
  line_.append_number(seconds % 60, 10, 2);
  line_.push_back('.');
  line_.append_number(static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000, 10, 3);
  line_.push_back('Z');
}

void EmergencyLine::append_key(std::string_view key) noexcept {
  if (is_json()) {
    line_.append(",\"");
    line_.append(key);
    line_.append("\":");
  } else {
    line_.push_back(' ');
    line_.append(key);
    line_.push_back('=');
  }
}

EmergencyLine& EmergencyLine::text(std::string_view key, std::string_view value) noexcept {
  if (line_.room() < kMinRoom) return *this;
  append_key(key);
  // A byte may become six.
  value = value.substr(0, std::min(kMaxValueBytes, (line_.room() - kMinRoom / 2) / 6));
  const bool json = is_json();
  const bool plain =
      !json && !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos;
  if (!plain) line_.push_back('"');
  if (json) {
    append_json_escaped(line_, value);
  } else {
    append_text_escaped(line_, value, plain ? Quoting::kNone : Quoting::kInQuotes);
  }
  if (!plain) line_.push_back('"');
  return *this;
}

EmergencyLine& EmergencyLine::number(std::string_view key, std::uint64_t value) noexcept {
  if (line_.room() < kMinRoom) return *this;
  append_key(key);
  line_.append_number(value);
  return *this;
}

EmergencyLine& EmergencyLine::address(std::string_view key, std::uintptr_t value) noexcept {
  if (line_.room() < kMinRoom) return *this;
  append_key(key);
  line_.append(is_json() ? "\"0x" : "0x");
  line_.append_number(value, 16);
  if (is_json()) line_.push_back('"');
  return *this;
}

void EmergencyLine::write() noexcept {
  emergency_flush();
  line_.append(is_json() ? "}\n" : "\n");
  write_all(line_.view());
}

}  // namespace tusk::observe

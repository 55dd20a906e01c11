#include "app/supervision.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/process/crash_record.h"
#include "observe/log.h"
#include "php/crash/crash_recorder.h"
#include "supervisor/generation.h"

namespace tusk::app {

namespace {

// Takes the variable out of the environment. -1: it is no number.
int take_number(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return -1;
  int number = -1;
  const char* const end = text + std::strlen(text);
  if (std::from_chars(text, end, number).ptr != end) number = -1;
  ::unsetenv(variable);
  return number;
}

// Not open: the variable names no descriptor.
base::UniqueFd take_descriptor(const char* variable) {
  const int number = take_number(variable);
  if (number <= STDERR_FILENO || ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0) return {};
  return base::UniqueFd(number);
}

}  // namespace

Supervision Supervision::from_environment() {
  Supervision supervision;
  php::crash::record_crashes_in(
      base::process::map_crash_record(take_descriptor(base::process::kCrashVariable)));
  supervision.socket_ = base::above_low_numbers(take_descriptor(supervisor::kControlVariable));
  supervision.place_.file = take_descriptor(observe::kScoreboardVariable);
  const int place = take_number(observe::kPlaceVariable);
  if (place < 0) supervision.place_.file = {};
  supervision.place_.place = static_cast<std::size_t>(std::max(place, 0));
  supervision.on_ = static_cast<bool>(supervision.socket_);
  return supervision;
}

void Supervision::listen(net::Loop& loop, Orders orders) {
  if (!on_) return;
  orders_ = std::move(orders);
  channel_ = std::make_unique<supervisor::ControlChannel>(loop, std::move(socket_));
  channel_->listen([this](supervisor::Received received) { on_message(std::move(received)); },
                   [this] {
                     observe::error("the supervisor is gone");
                     orders_.drain();
                   });
}

void Supervision::on_message(supervisor::Received received) {
  switch (received.message) {
    case supervisor::Message::kPing:
      return channel_->send(supervisor::Message::kAlive);
    case supervisor::Message::kDrain:
      return orders_.drain();
    case supervisor::Message::kReopenLogs:
      return orders_.reopen_logs();
    case supervisor::Message::kConnection:
      if (received.descriptor) orders_.serve_internal(std::move(received.descriptor));
      return;
    case supervisor::Message::kReady:
    case supervisor::Message::kAlive:
    case supervisor::Message::kReason:
      return;
  }
}

void Supervision::tell_reason(std::string_view text) const {
  if (socket_) supervisor::send_message(socket_.get(), supervisor::Message::kReason, text);
}

void Supervision::tell_ready() {
  if (channel_ != nullptr) channel_->send(supervisor::Message::kReady);
}

std::optional<std::string> take_configuration_text() {
  const base::UniqueFd file = take_descriptor(supervisor::kFileVariable);
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count =
        ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count <= 0) return count == 0 ? std::optional(std::move(text)) : std::nullopt;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace tusk::app

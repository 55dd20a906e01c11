#include "app/supervision.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/process/crash_record.h"
#include "observe/crash/crash_recorder.h"
#include "observe/log.h"
#include "supervisor/generation.h"
#include "supervisor/ticket_memory.h"

namespace tusk::app {

namespace {

// Nothing: the variable is not set, or is no number.
std::optional<std::uint64_t> take_number(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text + std::strlen(text);
  const std::from_chars_result read = std::from_chars(text, end, number);
  ::unsetenv(variable);
  return read.ptr == end && read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Not open: the variable names no descriptor.
base::UniqueFd take_descriptor(const char* variable) {
  const std::uint64_t number = take_number(variable).value_or(0);
  if (number <= STDERR_FILENO || number > std::numeric_limits<int>::max()) return {};
  const int descriptor = static_cast<int>(number);
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) return {};
  return base::UniqueFd(descriptor);
}

std::optional<std::string> read_text(const base::UniqueFd& file) {
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count =
        ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count <= 0) return count == 0 ? std::optional(std::move(text)) : std::nullopt;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

Supervision Supervision::from_environment() {
  Supervision supervision;
  observe::crash::record_crashes_in(
      base::process::map_crash_record(take_descriptor(base::process::kCrashVariable)));
  supervision.socket_ = base::above_low_numbers(take_descriptor(supervisor::kControlVariable));
  supervision.place_.file = take_descriptor(observe::kScoreboardVariable);
  const std::optional<std::uint64_t> place = take_number(observe::kPlaceVariable);
  if (!place) supervision.place_.file = {};
  supervision.place_.place = place.value_or(0);
  supervision.on_ = static_cast<bool>(supervision.socket_);
  const std::optional<std::uint64_t> generation = take_number(supervisor::kGenerationVariable);
  supervision.ticket_keys_ = take_descriptor(supervisor::kTicketKeysVariable);
  if (supervision.on_) supervision.generation_ = generation.value_or(1);
  const bool replaces = take_number(supervisor::kReplacementVariable).has_value();
  supervision.is_replacement_ = supervision.on_ && replaces;
  return supervision;
}

void Supervision::listen(net::Loop& loop, Orders orders) {
  if (!on_) return;
  orders_ = std::move(orders);
  channel_ = std::make_unique<supervisor::ControlChannel>(loop, std::move(socket_));
  channel_->listen([this](supervisor::Received received) { on_message(std::move(received)); },
                   [this] {
                     observe::error("the supervisor is gone");
                     orders_.drain(supervisor::DrainCause::kSupervisorGone);
                   });
}

void Supervision::on_message(supervisor::Received received) {
  switch (received.message) {
    case supervisor::Message::kPing:
      return channel_->send(supervisor::Message::kAlive);
    case supervisor::Message::kWillDrain:
      return orders_.will_drain();
    case supervisor::Message::kDrain:
      return orders_.drain(supervisor::drain_cause(received.text));
    case supervisor::Message::kReopenLogs:
      return orders_.reopen_logs();
    case supervisor::Message::kRenewPhp:
      return orders_.renew_php();
    case supervisor::Message::kConnection:
      if (received.descriptor) orders_.serve_internal(std::move(received.descriptor));
      return;
    case supervisor::Message::kApply: {
      std::optional<std::string> text = read_text(received.descriptor);
      if (text) return orders_.apply(std::move(*text));
      return tell_applied(base::fail("the configuration cannot be read"));
    }
    case supervisor::Message::kReady:
    case supervisor::Message::kAlive:
    case supervisor::Message::kReason:
    case supervisor::Message::kRecycle:
    case supervisor::Message::kApplied:
    case supervisor::Message::kNotApplied:
    case supervisor::Message::kPhpRenewed:
    case supervisor::Message::kPhpNotRenewed:
    case supervisor::Message::kLogsReopened:
    case supervisor::Message::kWorkerCrashed:
      return;
  }
}

void Supervision::tell_reason(std::string_view text) const {
  const int socket = channel_ != nullptr ? channel_->descriptor() : socket_.get();
  const std::string line = supervisor::reason_line(text);
  if (socket < 0 || line.empty()) return;
  supervisor::send_message(socket, supervisor::Message::kReason, line);
}

void Supervision::tell_ready() {
  if (channel_ != nullptr) channel_->send(supervisor::Message::kReady);
}

void Supervision::tell_logs_reopened(std::string_view problems) {
  if (channel_ != nullptr) channel_->send(supervisor::Message::kLogsReopened, problems);
}

void Supervision::tell_applied(const base::Result<void>& applied) {
  if (channel_ == nullptr) return;
  if (applied) return channel_->send(supervisor::Message::kApplied);
  channel_->send(supervisor::Message::kNotApplied, applied.error().message);
}

void Supervision::tell_php_renewed(const base::Result<void>& renewed) {
  if (channel_ == nullptr) return;
  if (renewed) return channel_->send(supervisor::Message::kPhpRenewed);
  channel_->send(supervisor::Message::kPhpNotRenewed, renewed.error().message);
}

void Supervision::tell_recycle(const supervisor::recycling::RecycleRequest& request) {
  if (channel_ != nullptr)
    channel_->send(supervisor::Message::kRecycle, supervisor::recycling::to_text(request));
}

std::shared_ptr<const supervisor::crash::WorkerCrashes> Supervision::worker_crashes(
    bool wants_files) const {
  base::UniqueFd socket;
  if (socket_) socket = base::above_low_numbers(base::UniqueFd(base::duplicate(socket_.get())));
  return std::make_shared<const supervisor::crash::WorkerCrashes>(std::move(socket), generation_,
                                                                  wants_files);
}

std::optional<std::string> take_configuration_text() {
  const base::UniqueFd file = take_descriptor(supervisor::kFileVariable);
  return file ? read_text(file) : std::nullopt;
}

}  // namespace tusk::app

#include "supervisor/crash/worker_crash.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "supervisor/control.h"

namespace tusk::supervisor::crash {

namespace {

using base::process::CrashedWorker;
using nlohmann::json;

std::string to_text(const CrashedWorker& crash) {
  const json values{
      {"pid", crash.pid},         {"status", crash.status},         {"number", crash.number},
      {"pool", crash.pool},       {"request_id", crash.request_id}, {"user", crash.user.user},
      {"group", crash.user.group}};
  return values.dump(-1, ' ', false, json::error_handler_t::replace);
}

CrashReport report_of(CrashedWorker crash) {
  return {.record = std::move(crash.record),
          .pid = crash.pid,
          .generation = 0,
          .status = crash.status,
          .directory = {},
          .user = std::move(crash.user),
          .names = {},
          .file = {},
          .why_no_file = {},
          .running = {},
          .worker = WorkerName{.number = crash.number,
                               .pool = std::move(crash.pool),
                               .request_id = std::move(crash.request_id)}};
}

bool send(int socket, const CrashedWorker& crash) {
  const base::Result<base::UniqueFd> record = base::process::make_crash_record();
  if (!record || !base::process::write_crash_record(*record, *crash.record)) return false;
  return send_message(socket, Message::kWorkerCrashed, to_text(crash), *record);
}

}  // namespace

void WorkerCrashes::report(CrashedWorker crash) const {
  if (socket_ && send(socket_.get(), crash)) return;
  CrashReport report = report_of(std::move(crash));
  report.generation = generation_;
  if (wants_files_)
    report.why_no_file = socket_ ? "the supervisor does not react" : "there is no supervisor";
  log_crash(report);
}

std::optional<CrashReport> read_worker_crash(std::string_view text, const base::UniqueFd& record) {
  CrashedWorker crash;
  crash.record = base::process::read_crash_record(record);
  if (crash.record == nullptr) return std::nullopt;
  const json values = json::parse(text, nullptr, false);
  if (!values.is_object()) return std::nullopt;
  const auto number = [&](const char* name, int& into) {
    const auto found = values.find(name);
    const bool is_number = found != values.end() && found->is_number_integer();
    if (is_number) into = found->get<int>();
    return is_number;
  };
  const auto words = [&](const char* name, std::string& into) {
    const auto found = values.find(name);
    const bool is_text = found != values.end() && found->is_string();
    if (is_text) into = found->get<std::string>();
    return is_text;
  };
  const bool is_whole = number("pid", crash.pid) && number("status", crash.status) &&
                        number("number", crash.number) && words("pool", crash.pool) &&
                        words("request_id", crash.request_id) && words("user", crash.user.user) &&
                        words("group", crash.user.group);
  if (!is_whole) return std::nullopt;
  return report_of(std::move(crash));
}

}  // namespace tusk::supervisor::crash

#include "console/doctor/doctor_command.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "config/flags.h"
#include "config/value.h"
#include "console/doctor/doctor_options.h"
#include "console/doctor/examination.h"
#include "console/doctor/examined_server.h"
#include "console/doctor/exit_status.h"
#include "console/doctor/log_reader.h"
#include "console/doctor/report.h"
#include "console/doctor/request_sender.h"
#include "console/doctor/rewind_doctor.h"

namespace tusk::console::doctor {

namespace {

using Wake = ExaminedServer::Wake;

constexpr std::string_view kWord = "doctor";
constexpr std::string_view kResidentWord = "resident";
constexpr std::string_view kRewindWord = "rewind";

std::vector<std::string> mistakes(const config::Flags& flags) {
  std::vector<std::string> found;
  for (const config::Problem& error : flags.errors) found.push_back(error.message);
  const auto& words = flags.positionals;
  if (words.size() < 2 || (words[1] != kResidentWord && words[1] != kRewindWord)) {
    found.emplace_back(
        "tusk doctor needs to know what to examine: tusk doctor resident, or tusk doctor rewind");
  } else if (words.size() > 2) {
    found.push_back("unexpected argument '" + words[2] + "'");
  }
  return found;
}

// Without the variables of protocols that are for this program, or would reach a running tusk.
std::vector<std::string> environment_of_server() {
  constexpr std::array<std::string_view, 6> kNotForServer = {
      "LISTEN_PID=",    "LISTEN_FDS=",    "LISTEN_FDNAMES=",
      "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID="};
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (std::ranges::none_of(kNotForServer, [&](auto name) { return text.starts_with(name); }))
      environment.emplace_back(text);
  }
  return environment;
}

class Doctor {
 public:
  Doctor(DoctorOptions options, supervisor::ServerProgram program)
      : options_(std::move(options)), program_(std::move(program)) {
    report_.warm_up_rounds = options_.warm_up_rounds;
    report_.rounds = options_.rounds;
    for (const PlannedRequest& request : options_.requests)
      report_.requests.push_back({.request = request});
  }

  int run() {
    const std::uint64_t round = options_.requests.size();
    const Examination examination{
        .warm_up = options_.warm_up_rounds * round, .round = round, .pool = options_.pool};
    auto started =
        ExaminedServer::start(program_, to_text(examination), base::now() + options_.time_limit,
                              [this](std::string_view line) { log_.take(line); });
    if (!started) return cannot_examine(started.error().message);
    server_ = std::move(*started);
    const Wake wake = server_->wait_until_serves();
    if (wake != Wake::kReady) return end_without_boot(wake);
    send_all();
    server_->end();
    return finish();
  }

 private:
  int end_without_boot(Wake wake) {
    server_->end();
    if (wake == Wake::kInterrupted) return kBySignal + server_->interrupting_signal();
    if (wake == Wake::kDeadline || wake == Wake::kTimeout)
      return cannot_examine("the script has not booted within --time-limit " +
                            config::format_duration(options_.time_limit));
    if (!server_->reason().empty()) return cannot_examine(server_->reason());
    if (!log_.troubles().empty()) return cannot_examine(log_.troubles().back().text);
    return cannot_examine("the server process " + server_->how_ended());
  }

  void send_all() {
    RequestSender sender(*server_);
    std::vector<std::string> texts;
    for (const PlannedRequest& request : options_.requests)
      texts.push_back(to_http(request, options_.headers));
    const std::uint64_t all = (options_.warm_up_rounds + options_.rounds) * texts.size();
    while (sent_ < all) {
      const std::size_t which = sent_ % texts.size();
      RequestResult& result = report_.requests[which];
      const auto answer = sender.send(texts[which], result.request.method);
      if (answer.outcome == RequestSender::Outcome::kEnded) return end_early(sender.wake(), result);
      ++sent_;
      if (answer.outcome == RequestSender::Outcome::kAnswered) {
        ++result.statuses[answer.http.status()];
      } else {
        ++result.unanswered;
      }
    }
  }

  void end_early(Wake wake, RequestResult& result) {
    const std::string where = " while " + result.request.name() + " was requested";
    if (wake == Wake::kInterrupted) {
      report_.ended_early = "by a signal, after " + std::to_string(sent_) + " requests";
    } else if (wake == Wake::kServerEnded) {
      ++result.unanswered;
      server_->end();
      report_.ended_early = "the server process " + server_->how_ended() + where;
    } else {
      report_.ended_early =
          "the time limit of " + config::format_duration(options_.time_limit) + " was over" + where;
    }
  }

  int finish() {
    report_.pool = log_.pool();
    report_.troubles = log_.troubles();
    report_.findings_were_left_out = log_.findings_were_left_out();
    add_examined(report_, log_.requests(), sent_);
    add_findings(report_, log_.findings(), options_.ignored);
    const bool any_failed = std::ranges::any_of(report_.requests, &RequestResult::has_failed);
    if (log_.requests().empty() && !any_failed && report_.ended_early.empty())
      return cannot_examine(without_requests());
    const std::string text = options_.json ? to_json(report_) : to_text(report_);
    std::fputs(text.c_str(), stdout);
    if (server_->interrupting_signal() != 0) return kBySignal + server_->interrupting_signal();
    return report_.is_clean() ? kClean : kFound;
  }

  std::string without_requests() const {
    std::string text =
        "the resident script has answered none of the requests: --path names some "
        "that are for its pool:";
    for (const RequestResult& each : report_.requests) {
      text += "\n  " + each.request.name() + ": status ";
      for (const auto& [status, times] : each.statuses) text += std::to_string(status) + " ";
      text.pop_back();
    }
    return text;
  }

  const DoctorOptions options_;
  const supervisor::ServerProgram program_;
  Report report_;
  LogReader log_;
  std::unique_ptr<ExaminedServer> server_;
  std::uint64_t sent_ = 0;
};

}  // namespace

bool is_command(std::span<const std::string> words) {
  const config::Flags flags = config::parse_flags(words, switches());
  return !flags.positionals.empty() && flags.positionals.front() == kWord;
}

int run(std::span<const std::string> words, const std::string& server_program) {
  const config::Flags flags = config::parse_flags(words, switches());
  if (std::ranges::find(flags.switches, "help") != flags.switches.end()) {
    std::fputs(help_text().c_str(), stdout);
    return kClean;
  }
  std::vector<std::string> wrong = mistakes(flags);
  auto options = read_options(flags);
  if (!options) wrong.insert(wrong.end(), options.error().begin(), options.error().end());
  for (const std::string& mistake : wrong) (void)cannot_examine(mistake);
  if (!wrong.empty()) return kCannotExamine;
  if (server_program.empty()) return cannot_examine("there is no tusk-server beside this program");
  supervisor::ServerProgram program{
      .path = server_program, .arguments = {"tusk"}, .environment = environment_of_server()};
  program.arguments.insert(program.arguments.end(), words.begin(), words.end());
  if (flags.positionals[1] == kRewindWord)
    return RewindDoctor(std::move(*options), std::move(program)).run();
  return Doctor(std::move(*options), std::move(program)).run();
}

}  // namespace tusk::console::doctor

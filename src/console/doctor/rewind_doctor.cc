#include "console/doctor/rewind_doctor.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include <fnmatch.h>

#include "config/value.h"
#include "console/doctor/exit_status.h"
#include "console/doctor/request_sender.h"
#include "console/doctor/worker_facts.h"

namespace tusk::console::doctor {

namespace {

using Wake = ExaminedServer::Wake;

// Enough to see what varies by itself.
constexpr std::uint64_t kPlainRounds = 5;

}  // namespace

RewindDoctor::RewindDoctor(DoctorOptions options, supervisor::ServerProgram program)
    : options_(std::move(options)),
      program_(std::move(program)),
      deadline_(base::now() + options_.time_limit) {
  report_.pool = options_.pool;
  for (const PlannedRequest& request : options_.requests)
    report_.requests.push_back({.request = request});
}

int RewindDoctor::run() {
  const Side plain{
      .subject = Subject::kPlain, .warm_up = options_.warm_up_rounds, .rounds = kPlainRounds};
  // A rewound pool must answer its first request as every other one.
  const Side rewound{.subject = Subject::kRewound, .rounds = options_.rounds};
  for (const Side& side : {plain, rewound}) {
    if (const int status = examine(side); status != 0) return status;
    if (!report_.ended_early.empty()) break;
  }
  std::fputs((options_.json ? to_json(report_) : to_text(report_)).c_str(), stdout);
  if (signal_ != 0) return kBySignal + signal_;
  return report_.is_clean() ? kClean : kFound;
}

int RewindDoctor::examine(const Side& side) {
  LogReader log;
  const Examination examination{.subject = side.subject, .pool = options_.pool};
  auto started = ExaminedServer::start(program_, to_text(examination), deadline_,
                                       [&log](std::string_view line) { log.take(line); });
  if (!started) return cannot_examine(started.error().message);
  ExaminedServer& server = **started;
  if (const Wake wake = server.wait_until_serves(); wake != Wake::kReady)
    return end_without_boot(server, wake, log);
  workers_.clear();
  for (std::uint64_t round = 0; round < side.warm_up + side.rounds; ++round) {
    if (!send_round(server, side, round >= side.warm_up)) break;
    look_at_workers(server, side);
  }
  server.end();
  signal_ = server.interrupting_signal();
  if (side.subject == Subject::kRewound) report_.troubles = log.troubles();
  return 0;
}

int RewindDoctor::end_without_boot(ExaminedServer& server, Wake wake, const LogReader& log) {
  server.end();
  if (wake == Wake::kInterrupted) return kBySignal + server.interrupting_signal();
  if (wake == Wake::kDeadline || wake == Wake::kTimeout)
    return cannot_examine("the script has not booted within --time-limit " +
                          config::format_duration(options_.time_limit));
  if (!server.reason().empty()) return cannot_examine(server.reason());
  if (!log.troubles().empty()) return cannot_examine(log.troubles().back().text);
  return cannot_examine("the server process " + server.how_ended());
}

// False: no further request can be sent.
bool RewindDoctor::send_round(ExaminedServer& server, const Side& side, bool looks) {
  RequestSender sender(server);
  for (ComparedRequest& request : report_.requests) {
    const auto answer =
        sender.send(to_http(request.request, options_.headers), request.request.method);
    if (answer.outcome == RequestSender::Outcome::kEnded) {
      end_early(server, sender.wake());
      return false;
    }
    const bool answered = answer.outcome == RequestSender::Outcome::kAnswered;
    if (looks) take_answer(request, side.subject, answered ? &answer.http : nullptr);
  }
  return true;
}

void RewindDoctor::take_answer(ComparedRequest& request, Subject subject,
                               const HttpAnswer* answer) {
  if (subject == Subject::kPlain) {
    if (answer == nullptr) {
      ++request.plain_unanswered;
      return;
    }
    ++request.plain_statuses[answer->status()];
    return request.comparison.add_plain(*answer);
  }
  if (answer == nullptr) {
    ++request.rewound_unanswered;
    return;
  }
  ++request.rewound_statuses[answer->status()];
  std::optional<Difference> difference = request.comparison.compare(*answer);
  if (!difference) return;
  const auto is_left_out = [this](const std::string& line) { return is_ignored(line); };
  std::erase_if(difference->plain, is_left_out);
  std::erase_if(difference->rewound, is_left_out);
  if (difference->plain.empty() && difference->rewound.empty()) return;
  ++request.differing;
  if (!request.first) request.first = std::move(difference);
}

bool RewindDoctor::is_ignored(const std::string& line) const {
  return std::ranges::any_of(options_.ignored, [&](const std::string& glob) {
    return ::fnmatch(glob.c_str(), line.c_str(), FNM_NOESCAPE) == 0;
  });
}

void RewindDoctor::look_at_workers(const ExaminedServer& server, const Side& side) {
  const WorkerFacts now = workers_of(server.pid());
  if (side.subject == Subject::kPlain) {
    plain_files_.insert(now.files.begin(), now.files.end());
    return;
  }
  const auto is_new = [this](pid_t process) { return !workers_.contains(process); };
  const auto replaced = std::ranges::count_if(now.processes, is_new);
  if (!workers_.empty()) report_.replaced_workers += static_cast<std::uint64_t>(replaced);
  // The first rounds of a worker find the pages that each request writes.
  rounds_of_workers_ = replaced > 0 ? 1 : rounds_of_workers_ + 1;
  if (rounds_of_workers_ <= options_.warm_up_rounds) {
    report_.memory_before = now.private_bytes;
    report_.descriptors_before = now.descriptors;
  }
  workers_ = now.processes;
  report_.memory_after = now.private_bytes;
  report_.descriptors_after = now.descriptors;
  report_.boot_files.clear();
  std::ranges::set_difference(now.files, plain_files_, std::back_inserter(report_.boot_files));
}

void RewindDoctor::end_early(const ExaminedServer& server, Wake wake) {
  if (wake == Wake::kInterrupted) {
    report_.ended_early = "by a signal";
  } else if (wake == Wake::kServerEnded) {
    report_.ended_early = "the server process " + server.how_ended();
  } else {
    report_.ended_early =
        "the time limit of " + config::format_duration(options_.time_limit) + " was over";
  }
}

}  // namespace tusk::console::doctor

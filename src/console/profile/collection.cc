#include "console/profile/collection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/internal_server.h"
#include "console/profile/profile_reader.h"

namespace tusk::console::profile {

namespace {

// For the supervisor's answers, and for connections.
constexpr std::chrono::seconds kConnectPatience{5};
constexpr std::chrono::milliseconds kLookForSuccessors{500};
// It is not worth while to ask for less.
constexpr double kShortestRest = 0.5;

// A refusal may list the names of pools, so not more of it is shown.
constexpr std::size_t kShownRefusalBytes = 1000;

// The first line of a refusal, without anything that a terminal obeys.
std::string refusal_of(const HttpAnswer& answer) {
  std::string text =
      answer.body().substr(0, answer.body().find('\n')).substr(0, kShownRefusalBytes);
  std::ranges::replace_if(text, [](char each) { return each < ' ' || each > '~'; }, '?');
  return text.empty() ? "status " + std::to_string(answer.status()) : text;
}

}  // namespace

base::Result<std::size_t> Collection::begin() {
  const auto pids = serving_processes(control_socket_, kConnectPatience);
  if (!pids) return std::unexpected(pids.error());
  if (pids->empty()) return base::fail("no server process serves yet");
  until_ =
      base::now() + std::chrono::nanoseconds(static_cast<std::int64_t>(options_.seconds * 1e9));
  deadline_ = until_ + kTimeout;
  for (const pid_t pid : *pids) {
    const base::Result<void> asked = ask(pid, options_.seconds);
    if (!asked)
      problems_.push_back("process " + std::to_string(pid) + ": " + asked.error().message);
  }
  return requests_.size();
}

base::Result<void> Collection::ask(pid_t pid, double seconds) {
  asked_.insert(pid);
  auto server = InternalServer::connect(control_socket_, pid, kConnectPatience);
  if (!server) return std::unexpected(server.error());
  // A process that is stopped reads it when it goes on, perhaps much later.
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(deadline_.time_since_epoch());
  auto socket = std::move(*server).begin(request_target(options_, seconds) +
                                         "&expires=" + std::to_string(patience.count()));
  if (!socket) return std::unexpected(socket.error());
  requests_.push_back({.pid = pid, .socket = std::move(*socket)});
  return {};
}

void Collection::wait(int interrupts) {
  for (;;) {
    std::vector<pollfd> sockets = {{.fd = interrupts, .events = POLLIN, .revents = 0}};
    std::vector<std::size_t> indices = {0};
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (requests_[i].is_over) continue;
      sockets.push_back({.fd = requests_[i].socket.get(), .events = POLLIN, .revents = 0});
      indices.push_back(i);
    }
    const base::MonotonicTime now = base::now();
    const bool may_find_more = looks_for_successors_ && now < until_;
    if (indices.size() == 1 && !may_find_more) return;
    if (now >= deadline_) break;
    const base::MonotonicTime until = may_find_more ? std::min(next_look_, deadline_) : deadline_;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    const int ready = ::poll(sockets.data(), sockets.size(),
                             static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready < 0 && errno != EINTR) break;
    if (ready > 0 && sockets[0].revents != 0) end_early(interrupts);
    for (std::size_t i = 1; ready > 0 && i < sockets.size(); ++i) {
      if (sockets[i].revents != 0) receive(requests_[indices[i]]);
    }
    if (looks_for_successors_ && base::now() >= next_look_ && base::now() < until_)
      ask_successors();
  }
  for (Request& request : requests_) {
    if (!request.is_over) fail(request, "does not answer, and is left out");
  }
}

// Once. The next signal ends this program.
void Collection::end_early(int interrupts) {
  signalfd_siginfo signal{};
  (void)!::read(interrupts, &signal, sizeof signal);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  (void)::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  until_ = base::now();
  deadline_ = until_ + kTimeout;
  for (Request& request : requests_) {
    if (!request.is_over) (void)::shutdown(request.socket.get(), SHUT_WR);
  }
}

void Collection::ask_successors() {
  next_look_ = base::now() + kLookForSuccessors;
  const double rest = base::seconds_between(base::now(), until_);
  if (rest < kShortestRest) return;
  const auto pids = serving_processes(control_socket_, kConnectPatience);
  if (!pids) return;  // it may come back
  for (const pid_t pid : *pids) {
    if (!asked_.contains(pid)) (void)ask(pid, rest);
  }
}

void Collection::receive(Request& request) {
  std::array<char, 65536> bytes;
  const ssize_t count = ::recv(request.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  const HttpAnswer::Progress progress =
      count > 0 ? request.answer.take({bytes.data(), static_cast<std::size_t>(count)})
                : request.answer.end();
  if (progress == HttpAnswer::Progress::kMore) return;
  if (progress == HttpAnswer::Progress::kDone) return take(request);
  // It has crashed, or was ended. Others take its place.
  looks_for_successors_ = true;
  fail(request, "has ended without an answer");
}

void Collection::take(Request& request) {
  // It drains already, and its successor is asked.
  const bool draining = request.answer.status() == 503;
  if (draining) {
    request.is_over = true;
    request.socket = {};
    looks_for_successors_ = true;
    return;
  }
  if (request.answer.status() != 200)
    return fail(request, "refuses: " + refusal_of(request.answer));
  const auto profile = read_profile(request.answer.body());
  if (!profile) return fail(request, "is of another version: " + profile.error().message);
  request.is_over = true;
  request.socket = {};
  // A reload, say. What follows is measured in its successor.
  if (profile->ended == observe::profile::Ended::kByProcess) looks_for_successors_ = true;
  if (merged_) {
    merged_->merge(*profile);
  } else {
    merged_.emplace(observe::profile::Profile());
    merged_->processes = 0;
    merged_->began = profile->began;
    merged_->merge(*profile);
  }
}

void Collection::fail(Request& request, const std::string& why) {
  request.is_over = true;
  request.socket = {};
  problems_.push_back("process " + std::to_string(request.pid) + " " + why);
}

}  // namespace tusk::console::profile

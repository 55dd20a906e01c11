// Supervisor: the upgrade to another program, in the same process.
//
//   1. The program that is on the disk now is asked whether it can take over (UpgradeCheck).
//   2. A new generation starts with the server program beside it, as at a reload.
//   3. When this one serves, the supervisor executes the new program (execve) with a description of
//      all that it has (Handover). Its process id, children and descriptors stay.
//   4. The new program goes on with the generations: the old one drains.
//
// Until step 3 nothing has changed, and the supervisor goes on if anything fails.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "observe/log.h"
#include "supervisor/supervisor.h"

namespace tusk::supervisor {

namespace {

// Rounds of the loop, enough to act on all signals that were taken before the others were blocked:
// one a round.
constexpr int kRoundsBeforeHandover = 32;

// Signals that arrive before the new program has handlers wait until then.
sigset_t block_signals() {
  sigset_t every;
  sigset_t before;
  sigfillset(&every);
  ::sigprocmask(SIG_SETMASK, &every, &before);
  return before;
}

enum class AtExec { kStaysOpen, kIsClosed };

void set_at_exec(const std::vector<int>& descriptors, AtExec what) {
  const int flags = what == AtExec::kIsClosed ? FD_CLOEXEC : 0;
  for (const int fd : descriptors) (void)::fcntl(fd, F_SETFD, flags);
}

// The addresses of all generations, each once.
class AddressTable {
 public:
  explicit AddressTable(std::vector<HandedAddress>& list) : list_(list) {}

  std::vector<std::size_t> places_of(const BoundSockets& sockets) {
    std::vector<std::size_t> places;
    for (const auto& bound : sockets) places.push_back(place_of(*bound));
    return places;
  }

 private:
  std::size_t place_of(const BoundAddress& bound) {
    const auto found = std::ranges::find(known_, &bound);
    if (found != known_.end()) return static_cast<std::size_t>(found - known_.begin());
    known_.push_back(&bound);
    HandedAddress handed{bound.name, bound.address, {}};
    for (const net::Listener& listener : bound.listeners) {
      handed.listeners.push_back({listener.fd(), listener.owns_file(), listener.address()});
    }
    list_.push_back(std::move(handed));
    return list_.size() - 1;
  }

  std::vector<HandedAddress>& list_;
  std::vector<const BoundAddress*> known_;
};

std::vector<std::shared_ptr<const BoundAddress>> adopt_addresses(
    const std::vector<HandedAddress>& list) {
  std::vector<std::shared_ptr<const BoundAddress>> addresses;
  for (const HandedAddress& handed : list) {
    BoundAddress bound{handed.name, handed.address, {}};
    for (const HandedListener& listener : handed.listeners) {
      bound.listeners.push_back(net::Listener::take_over(base::UniqueFd(listener.fd),
                                                         listener.address, listener.owns_file));
    }
    addresses.push_back(std::make_shared<const BoundAddress>(std::move(bound)));
  }
  return addresses;
}

BoundSockets chosen(const std::vector<std::shared_ptr<const BoundAddress>>& addresses,
                    const std::vector<std::size_t>& places) {
  BoundSockets sockets;
  for (const std::size_t place : places) sockets.push_back(addresses[place]);
  return sockets;
}

}  // namespace

void Supervisor::on_upgrade_command(ControlClient client) {
  give_up_slow_upgrade();
  if (upgrading_ || changing_ || renewing_php_ || next_ != nullptr || !current_->ready() ||
      end_ != End::kNotAsked)
    return client.answer({1, {"a start, a reload, an upgrade or a stop is under way"}});
  reload_clients_.push_back(std::move(client));
  upgrade();
}

void Supervisor::upgrade() {
  give_up_slow_upgrade();
  if (upgrading_ || changing_ || renewing_php_ || next_ != nullptr || !current_->ready() ||
      end_ != End::kNotAsked) {
    observe::warn("no upgrade: a start, a reload, an upgrade or a stop is under way");
    return;
  }
  upgrading_ = true;
  observe::info("upgrade: asks the new program", {{"program", parts_.own.path}});
  notify_reloading();
  upgraded_program_ = parts_.program;
  upgraded_program_.path = parts_.find_server();
  if (upgraded_program_.path.empty())
    return upgrade_failed({"there is no tusk-server beside " + parts_.own.path});
  auto check = UpgradeCheck::start(loop_, parts_.own, to_text(describe()));
  if (!check) return upgrade_failed({check.error().message});
  check_ = std::move(*check);
}

void Supervisor::on_checked(const Ending& ending) {
  const std::vector<std::string> reasons = check_->reasons_at(ending);
  check_.reset();
  if (!reasons.empty()) return upgrade_failed(reasons);
  auto configuration = parts_.loader();
  if (!configuration) return upgrade_failed(configuration.error());
  current_->stop_recycling();
  auto started = start_generation(std::move(*configuration), upgraded_program_);
  if (!started) return upgrade_failed({started.error().message});
  next_ = std::move(*started);
  next_started_ = base::now();
}

void Supervisor::give_up_slow_upgrade() {
  const bool starts = upgrading_ && next_ != nullptr && !next_->ready();
  if (!starts || base::now() - next_started_ < kStartTimeout) return;
  give_up_next();
  upgrade_failed({"the new server processes did not serve in time"});
}

// The reasons of the server process have been logged already.
void Supervisor::upgrade_failed(const std::vector<std::string>& reasons) {
  upgrading_ = false;
  processes_.count_reload(observe::ReloadResult::kFailed);
  const std::string message = "upgrade: " + (reasons.empty() ? std::string() : reasons.front());
  observe::note_event({.kind = observe::EventKind::kReloadFailed, .message = message});
  for (const std::string& reason : reasons) observe::error(reason);
  observe::error("upgrade failed: the programs before go on", {{"generation", current_->number()}});
  parts_.notifier.notify("READY=1\nSTATUS=upgrade failed: " +
                         (reasons.empty() ? std::string() : reasons.front()));
  answer_reload({1, reasons});
  reload_again();
  current_->recycle_next();
}

// A signal that a handler has taken would be lost with this program. After the last of them was
// blocked, the loop acts on all that were taken before.
void Supervisor::hand_over() {
  const sigset_t before = block_signals();
  hand_over_after(kRoundsBeforeHandover, before);
}

void Supervisor::hand_over_after(int rounds, const sigset_t& before) {
  if (rounds > 0 && end_ == End::kNotAsked && next_ != nullptr) {
    return loop_.post([this, rounds, before] { hand_over_after(rounds - 1, before); });
  }
  std::string reason = "tusk stops, or the new generation has crashed";
  if (rounds == 0 && end_ == End::kNotAsked && next_ != nullptr) reason = execute_own_program();
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (end_ != End::kNotAsked) return;
  if (next_ != nullptr) give_up_next();
  upgrade_failed({reason});
}

// Returns only if it fails, with the reason.
std::string Supervisor::execute_own_program() {
  const Handover handover = describe();
  base::Result<base::UniqueFd> file = write_handover(to_text(handover));
  if (!file) return file.error().message;
  std::vector<int> descriptors = handover.descriptors();
  descriptors.push_back(file->get());
  std::vector<std::string> environment = parts_.own.environment;
  environment.push_back(kHandoverVariable + ("=" + std::to_string(file->get())));
  std::vector<char*> arguments;
  std::vector<char*> variables;
  for (std::string& argument : parts_.own.arguments) arguments.push_back(argument.data());
  for (std::string& variable : environment) variables.push_back(variable.data());
  arguments.push_back(nullptr);
  variables.push_back(nullptr);
  crashes_.finish();
  set_at_exec(descriptors, AtExec::kStaysOpen);
  ::execve(parts_.own.path.c_str(), arguments.data(), variables.data());
  const int error = errno;
  set_at_exec(descriptors, AtExec::kIsClosed);
  return "cannot execute " + parts_.own.path + ": " + std::strerror(error);
}

Handover Supervisor::describe() {
  Handover handover;
  handover.started_ns = started_.time_since_epoch().count();
  handover.last_generation = last_generation_;
  AddressTable addresses(handover.addresses);
  handover.given_clients = addresses.places_of(parts_.sockets.given_clients());
  handover.given_internal = addresses.places_of(parts_.sockets.given_internal());
  const auto add = [&](Generation& generation) {
    handover.generations.push_back(generation.describe());
    handover.generations.back().addresses = addresses.places_of(generation.sockets());
  };
  add(*current_);
  // Before the check there is no other: the description only has to look like the real one.
  add(next_ != nullptr ? *next_ : *current_);
  for (const auto& retired : retired_) add(*retired);
  if (control_ != nullptr) {
    handover.control_path = control_->path();
    handover.control_socket = control_->descriptor();
    handover.control_inode = control_->inode();
    handover.unread_clients = control_->unread_clients();
  }
  for (const ControlClient& client : reload_clients_) {
    if (client.descriptor() >= 0) handover.clients.push_back(client.descriptor());
  }
  handover.scoreboard = processes_.fd();
  handover.ticket_keys = parts_.ticket_keys ? parts_.ticket_keys.get() : -1;
  handover.reload_again = reload_again_;
  return handover;
}

int Supervisor::run(const Handover& handover) {
  set_at_exec(handover.descriptors(), AtExec::kIsClosed);
  last_generation_ = handover.last_generation;
  started_ = base::MonotonicTime(base::MonotonicTime::duration(handover.started_ns));
  const auto addresses = adopt_addresses(handover.addresses);
  parts_.sockets = SocketSource::adopt(chosen(addresses, handover.given_clients),
                                       chosen(addresses, handover.given_internal));
  if (handover.control_socket >= 0) {
    serve_control_socket({base::UniqueFd(handover.control_socket), handover.control_path,
                          static_cast<ino_t>(handover.control_inode)});
  }
  for (const int client : handover.clients) {
    base::UniqueFd socket(client);
    if (control_ != nullptr) reload_clients_.push_back(control_->adopt(std::move(socket)));
  }
  for (const int client : handover.unread_clients) {
    base::UniqueFd socket(client);
    if (control_ != nullptr) control_->adopt_unread(std::move(socket));
  }
  const auto adopt = [&](const HandedGeneration& handed) {
    return std::make_unique<Generation>(
        loop_, handed, parts_.program, processes_, parts_.loader_of_text(handed.file_text),
        chosen(addresses, handed.addresses), static_cast<Generation::Listener&>(*this), crashes_);
  };
  current_ = adopt(handover.generations[0]);
  next_ = adopt(handover.generations[1]);
  next_started_ = base::now();
  upgraded_ = true;
  reload_again_ = handover.reload_again;
  for (std::size_t i = 2; i < handover.generations.size(); ++i) {
    retired_.push_back(adopt(handover.generations[i]));
  }
  processes_.free_other_places();
  processes_.set_generation(current_->number());
  observe::note_event(
      {.kind = observe::EventKind::kReload, .message = "upgraded: another program has taken over"});
  observe::info("upgraded: this program has taken the place of the one before",
                {{"version", TUSK_VERSION}});
  loop_.post([this] {
    reap_children();
    if (next_ != nullptr) on_ready(*next_);
  });
  return run_loop();
}

}  // namespace tusk::supervisor

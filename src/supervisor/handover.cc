#include "supervisor/handover.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::supervisor {

namespace {

using Json = nlohmann::json;

// To be raised when an older program would misunderstand the text.
constexpr int kVersion = 1;

// JSON has UTF-8 only; a path or a file may have any bytes.
std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

std::string text_of(const Json& json) {
  const auto bytes = json.get<std::vector<std::uint8_t>>();
  return {bytes.begin(), bytes.end()};
}

Json to_json(const config::Address& address) {
  return {{"kind", static_cast<int>(address.kind)},
          {"scheme", static_cast<int>(address.scheme)},
          {"host", address.host},
          {"port", address.port},
          {"path", bytes_of(address.path)}};
}

config::Address to_address(const Json& json) {
  config::Address address;
  address.kind = static_cast<config::Address::Kind>(json.at("kind").get<int>());
  address.scheme = static_cast<config::Address::Scheme>(json.at("scheme").get<int>());
  json.at("host").get_to(address.host);
  json.at("port").get_to(address.port);
  address.path = text_of(json.at("path"));
  return address;
}

Json to_json(const HandedAddress& bound) {
  Json listeners = Json::array();
  for (const HandedListener& listener : bound.listeners) {
    listeners.push_back({{"fd", listener.fd},
                         {"owns_file", listener.owns_file},
                         {"address", to_json(listener.address)}});
  }
  return {{"name", bound.name},
          {"address", to_json(bound.address)},
          {"listeners", std::move(listeners)}};
}

HandedAddress to_bound(const Json& json) {
  HandedAddress bound{json.at("name").get<std::string>(), to_address(json.at("address")), {}};
  for (const Json& listener : json.at("listeners")) {
    bound.listeners.push_back({listener.at("fd").get<int>(), listener.at("owns_file").get<bool>(),
                               to_address(listener.at("address"))});
  }
  return bound;
}

Json to_json(const HandedProcess& process) {
  Json json = {{"pid", process.pid},
               {"control", process.control},
               {"crash", process.crash},
               {"started_ns", process.started_ns},
               {"requests_before", process.requests_before},
               {"killed", process.killed},
               {"ready", process.ready},
               {"ready_since_ns", process.ready_since_ns}};
  if (process.place) json["place"] = *process.place;
  if (process.oom_kills) json["oom_kills"] = *process.oom_kills;
  return json;
}

HandedProcess to_process(const Json& json) {
  HandedProcess process;
  json.at("pid").get_to(process.pid);
  json.at("control").get_to(process.control);
  json.at("crash").get_to(process.crash);
  json.at("started_ns").get_to(process.started_ns);
  json.at("requests_before").get_to(process.requests_before);
  json.at("killed").get_to(process.killed);
  json.at("ready").get_to(process.ready);
  json.at("ready_since_ns").get_to(process.ready_since_ns);
  if (json.contains("place")) process.place = json.at("place").get<std::size_t>();
  if (json.contains("oom_kills")) process.oom_kills = json.at("oom_kills").get<std::uint64_t>();
  return process;
}

Json to_json(const HandedGeneration& generation) {
  Json processes = Json::array();
  for (const HandedProcess& process : generation.processes) {
    processes.push_back(to_json(process));
  }
  Json json = {{"number", generation.number},
               {"ready", generation.ready},
               {"draining", generation.draining},
               {"drain_failed", generation.drain_failed},
               {"ready_since_ns", generation.ready_since_ns},
               {"drain_deadline_ns", generation.drain_deadline_ns},
               {"addresses", generation.addresses},
               {"processes", std::move(processes)}};
  if (generation.file_text) json["file_text"] = bytes_of(*generation.file_text);
  return json;
}

HandedGeneration to_generation(const Json& json) {
  HandedGeneration generation;
  json.at("number").get_to(generation.number);
  json.at("ready").get_to(generation.ready);
  json.at("draining").get_to(generation.draining);
  json.at("drain_failed").get_to(generation.drain_failed);
  json.at("ready_since_ns").get_to(generation.ready_since_ns);
  json.at("drain_deadline_ns").get_to(generation.drain_deadline_ns);
  json.at("addresses").get_to(generation.addresses);
  if (json.contains("file_text")) generation.file_text = text_of(json.at("file_text"));
  for (const Json& process : json.at("processes"))
    generation.processes.push_back(to_process(process));
  return generation;
}

Handover to_handover(const Json& json) {
  Handover handover;
  json.at("started_ns").get_to(handover.started_ns);
  json.at("last_generation").get_to(handover.last_generation);
  for (const Json& address : json.at("addresses")) handover.addresses.push_back(to_bound(address));
  json.at("given_clients").get_to(handover.given_clients);
  json.at("given_internal").get_to(handover.given_internal);
  for (const Json& generation : json.at("generations"))
    handover.generations.push_back(to_generation(generation));
  handover.control_path = text_of(json.at("control_path"));
  json.at("control_socket").get_to(handover.control_socket);
  json.at("control_inode").get_to(handover.control_inode);
  json.at("clients").get_to(handover.clients);
  json.at("unread_clients").get_to(handover.unread_clients);
  json.at("scoreboard").get_to(handover.scoreboard);
  json.at("ticket_keys").get_to(handover.ticket_keys);
  json.at("reload_again").get_to(handover.reload_again);
  return handover;
}

bool is_whole(const Handover& handover) {
  const auto known = [&](const std::vector<std::size_t>& places) {
    for (const std::size_t place : places) {
      if (place >= handover.addresses.size()) return false;
    }
    return true;
  };
  for (const HandedGeneration& generation : handover.generations) {
    if (!known(generation.addresses)) return false;
  }
  return handover.generations.size() >= 2 && known(handover.given_clients) &&
         known(handover.given_internal);
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count =
        ::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

std::vector<int> Handover::descriptors() const {
  std::vector<int> all = clients;
  all.insert(all.end(), unread_clients.begin(), unread_clients.end());
  for (const int fd : {control_socket, scoreboard, ticket_keys}) {
    if (fd >= 0) all.push_back(fd);
  }
  for (const HandedAddress& address : addresses) {
    for (const HandedListener& listener : address.listeners) all.push_back(listener.fd);
  }
  for (const HandedGeneration& generation : generations) {
    for (const HandedProcess& process : generation.processes) {
      for (const int fd : {process.control, process.crash}) {
        if (fd >= 0) all.push_back(fd);
      }
    }
  }
  return all;
}

void forget_scoreboard(Handover& handover) {
  handover.scoreboard = -1;
  handover.reload_again = true;
  for (HandedGeneration& generation : handover.generations) {
    for (HandedProcess& process : generation.processes) process.place.reset();
  }
}

std::string to_text(const Handover& handover) {
  Json addresses = Json::array();
  for (const HandedAddress& address : handover.addresses) addresses.push_back(to_json(address));
  Json generations = Json::array();
  for (const HandedGeneration& generation : handover.generations)
    generations.push_back(to_json(generation));
  const Json json = {{"version", kVersion},
                     {"started_ns", handover.started_ns},
                     {"last_generation", handover.last_generation},
                     {"addresses", std::move(addresses)},
                     {"given_clients", handover.given_clients},
                     {"given_internal", handover.given_internal},
                     {"generations", std::move(generations)},
                     {"control_path", bytes_of(handover.control_path)},
                     {"control_socket", handover.control_socket},
                     {"control_inode", handover.control_inode},
                     {"clients", handover.clients},
                     {"unread_clients", handover.unread_clients},
                     {"scoreboard", handover.scoreboard},
                     {"ticket_keys", handover.ticket_keys},
                     {"reload_again", handover.reload_again}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Handover> parse_handover(std::string_view text) {
  const auto refused = [](const std::string& why) {
    return base::fail("this program cannot take the place of the running supervisor: " + why);
  };
  // nlohmann's library throws where a value is missing or of another type.
  try {
    const Json json = Json::parse(text);
    const int version = json.at("version").get<int>();
    if (version != kVersion)
      return refused("its state has version " + std::to_string(version) + ", and not " +
                     std::to_string(kVersion));
    Handover handover = to_handover(json);
    if (!is_whole(handover)) return refused("its state is not complete");
    return handover;
  } catch (const Json::exception& error) {
    return refused(error.what());
  }
}

base::Result<base::UniqueFd> write_handover(const std::string& text) {
  base::UniqueFd file(::memfd_create("tusk-handover", MFD_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return base::fail_errno("cannot hand the supervisor's state over", errno);
  return file;
}

std::optional<base::Result<Handover>> take_handover() {
  const char* const value = std::getenv(kHandoverVariable);
  if (value == nullptr) return std::nullopt;
  int number = -1;
  const char* const end = value + std::strlen(value);
  const bool is_number = std::from_chars(value, end, number).ptr == end;
  ::unsetenv(kHandoverVariable);
  if (!is_number || number <= STDERR_FILENO) return std::nullopt;
  const base::UniqueFd file(number);
  return parse_handover(read_all(file.get()));
}

}  // namespace tusk::supervisor

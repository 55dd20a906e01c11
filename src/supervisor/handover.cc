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

// To be raised when an older or a newer program would misunderstand the text. A new field needs no
// other version: it is Added, and an older program does not look for it.
constexpr int kVersion = 1;

// A text that may have any bytes, such as a path; JSON has UTF-8 only.
struct Bytes {
  std::string& text;
};
struct OptionalBytes {
  std::optional<std::string>& text;
};

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

std::string text_of(const Json& json) {
  const auto bytes = json.get<std::vector<std::uint8_t>>();
  return {bytes.begin(), bytes.end()};
}

// A field that the first programs with this version do not write: it keeps its default value then.
template <class Field>
struct Added {
  Field& field;
};

// --- the fields of each struct, for both directions: visit(name, field) ---

template <class Visit>
void visit_fields(config::Address& address, Visit& visit) {
  visit("kind", address.kind);
  visit("scheme", address.scheme);
  visit("host", address.host);
  visit("port", address.port);
  visit("path", Bytes{address.path});
}

template <class Visit>
void visit_fields(HandedListener& listener, Visit& visit) {
  visit("fd", listener.fd);
  visit("owns_file", listener.owns_file);
  visit("address", listener.address);
}

template <class Visit>
void visit_fields(HandedAddress& bound, Visit& visit) {
  visit("name", bound.name);
  visit("address", bound.address);
  visit("listeners", bound.listeners);
}

template <class Visit>
void visit_fields(HandedProcess& process, Visit& visit) {
  visit("pid", process.pid);
  visit("control", process.control);
  visit("crash", process.crash);
  visit("place", process.place);
  visit("started_ns", process.started_ns);
  visit("requests_before", process.requests_before);
  visit("oom_kills", process.oom_kills);
  visit("killed", process.killed);
  visit("retiring", Added{process.retiring});
  visit("ready", process.ready);
  visit("ready_since_ns", process.ready_since_ns);
}

template <class Visit>
void visit_fields(HandedGeneration& generation, Visit& visit) {
  visit("number", generation.number);
  visit("ready", generation.ready);
  visit("draining", generation.draining);
  visit("drain_failed", generation.drain_failed);
  visit("ready_since_ns", generation.ready_since_ns);
  visit("drain_deadline_ns", generation.drain_deadline_ns);
  visit("file_text", OptionalBytes{generation.file_text});
  visit("addresses", generation.addresses);
  visit("processes", generation.processes);
}

template <class Visit>
void visit_fields(Handover& handover, Visit& visit) {
  visit("started_ns", handover.started_ns);
  visit("last_generation", handover.last_generation);
  visit("addresses", handover.addresses);
  visit("given_clients", handover.given_clients);
  visit("given_internal", handover.given_internal);
  visit("generations", handover.generations);
  visit("control_path", Bytes{handover.control_path});
  visit("control_socket", handover.control_socket);
  visit("control_inode", handover.control_inode);
  visit("clients", handover.clients);
  visit("unread_clients", handover.unread_clients);
  visit("scoreboard", handover.scoreboard);
  visit("ticket_keys", handover.ticket_keys);
  visit("reload_again", handover.reload_again);
}

// --- writing and reading them ---

struct AnyVisit {};

template <class Field>
concept Struct = requires(Field& field, AnyVisit& visit) { visit_fields(field, visit); };

class Writer {
 public:
  template <class Field>
  void operator()(const char* name, Field& field) {
    json_[name] = to_json(field);
  }
  template <class Field>
  void operator()(const char* name, std::optional<Field>& field) {
    if (field) json_[name] = *field;
  }
  void operator()(const char* name, Bytes bytes) { json_[name] = bytes_of(bytes.text); }
  void operator()(const char* name, OptionalBytes bytes) {
    if (bytes.text) json_[name] = bytes_of(*bytes.text);
  }

  template <class Field>
  void operator()(const char* name, Added<Field> added) {
    (*this)(name, added.field);
  }

  template <Struct Field>
  static Json to_json(Field& field) {
    Writer writer;
    visit_fields(field, writer);
    return std::move(writer.json_);
  }
  template <Struct Field>
  static Json to_json(std::vector<Field>& fields) {
    Json json = Json::array();
    for (Field& field : fields) json.push_back(to_json(field));
    return json;
  }
  template <class Field>
  static Json to_json(Field& field) {
    return field;
  }

 private:
  Json json_ = Json::object();
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  template <class Field>
  void operator()(const char* name, Field& field) {
    read(json_.at(name), field);
  }
  template <class Field>
  void operator()(const char* name, std::optional<Field>& field) {
    if (json_.contains(name)) field = json_.at(name).get<Field>();
  }
  void operator()(const char* name, Bytes bytes) { bytes.text = text_of(json_.at(name)); }
  void operator()(const char* name, OptionalBytes bytes) {
    if (json_.contains(name)) bytes.text = text_of(json_.at(name));
  }

  template <class Field>
  void operator()(const char* name, Added<Field> added) {
    if (json_.contains(name)) (*this)(name, added.field);
  }

  template <Struct Field>
  static void read(const Json& json, Field& field) {
    Reader reader(json);
    visit_fields(field, reader);
  }
  template <Struct Field>
  static void read(const Json& json, std::vector<Field>& fields) {
    for (const Json& each : json) read(each, fields.emplace_back());
  }
  template <class Field>
  static void read(const Json& json, Field& field) {
    json.get_to(field);
  }

 private:
  const Json& json_;
};

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
  Handover written = handover;
  Json json = Writer::to_json(written);
  json["version"] = kVersion;
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
    Handover handover;
    Reader::read(json, handover);
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

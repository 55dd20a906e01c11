#include "config/checks/address_checks.h"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/checks/findings.h"
#include "config/checks/missing_account.h"

namespace tusk::config::checks {

void check_listen(Loaded& loaded) {
  const auto& listen = loaded.settings.listen;
  const auto fixed = [](const Address& address) {
    return address.kind == Address::Kind::kUnix || address.port != 0;
  };
  for (auto listener = listen.begin(); listener != listen.end(); ++listener) {
    const Address& address = *listener;
    const auto same = [&](const Address& other) { return other.same_place(address); };
    if (fixed(address) && std::find_if(listen.begin(), listener, same) != listener)
      error(loaded, "listen", to_string(address) + " is given twice");
  }
  const auto& internal = loaded.settings.internal_addr;
  if (!internal) return;
  const auto same = [&](const Address& address) { return address.same_place(*internal); };
  if (fixed(*internal) && std::ranges::any_of(listen, same))
    error(loaded, "internal_addr", to_string(*internal) + " is also an address to serve on");
  if (internal->scheme == Address::Scheme::kHttps)
    error(loaded, "internal_addr", "the internal server does not speak TLS");
}

void check_socket(Loaded& loaded, std::string_view name, const Address& address) {
  if (address.kind != Address::Kind::kUnix || address.is_abstract()) return;
  const std::string directory =
      address.path.substr(0, std::max<std::size_t>(1, address.path.rfind('/')));
  check_directory(loaded, name, directory, F_OK);
  struct stat status{};
  if (::lstat(address.path.c_str(), &status) != 0 || S_ISSOCK(status.st_mode)) return;
  error(loaded, name,
        address.path +
            (S_ISDIR(status.st_mode)
                 ? " is a directory: name the socket itself, such as " + address.path + "/tusk.sock"
                 : " exists and is not a socket, so tusk does not replace it; remove it "
                   "or name another path"),
        Blame::kMachine);
}

void check_mode(Loaded& loaded, std::string_view name, const std::string& mode) {
  if (mode.find_first_not_of("01234567") != std::string::npos ||
      (mode.size() == 4 && mode[0] > '0'))
    error(loaded, name, "'" + mode + "' is not a mode such as 0660");
}

void check_sockets(Loaded& loaded) {
  check_mode(loaded, "listen_mode", loaded.settings.listen_mode);
  if (const std::string missing = missing_user(loaded.settings.listen_owner); !missing.empty())
    error(loaded, "listen_owner", missing, Blame::kMachine);
  if (const std::string missing = missing_group(loaded.settings.listen_group); !missing.empty())
    error(loaded, "listen_group", missing, Blame::kMachine);
}

void check_token_file(Loaded& loaded) {
  const std::string& path = loaded.settings.internal_token_file;
  if (path.empty()) return;
  struct stat status{};
  if (const int number = base::access_error(path, R_OK); number != 0) {
    error(loaded, "internal_token_file", path + ": " + base::denial_text(path, R_OK, number),
          Blame::kMachine);
  } else if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
             (status.st_mode & S_IROTH) != 0) {
    warning(loaded, "internal_token_file", path + " can be read by every user of this machine");
  }
}

void check_control_socket(Loaded& loaded) {
  const std::string& path = loaded.settings.control_socket;
  if (path != "auto" && path != "off" && !path.starts_with('/'))
    error(loaded, "control_socket", "must be an absolute path, auto or off");
}

void check_connections(Loaded& loaded, const machine::Machine& machine) {
  if (loaded.settings.max_connections <= machine.open_files) return;
  warning(loaded, "max_connections",
          "is more than the limit of open files, " + std::to_string(machine.open_files));
}

}  // namespace tusk::config::checks

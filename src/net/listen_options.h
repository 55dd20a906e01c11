// ListenOptions: how sockets are made that listen.
//
// Thread: main; a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace tusk::net {

struct ListenOptions {
  int backlog = 4096;  // the kernel takes the smaller of this and net.core.somaxconn
  // The permissions and owner of a unix socket's file.
  mode_t mode = 0660;
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
};

// `mode` is octal. `owner` and `group` are names or numbers, or empty. The configuration's check
// has found them to be right.
ListenOptions listen_options(std::uint64_t backlog, const std::string& mode,
                             const std::string& owner, const std::string& group);

}  // namespace tusk::net

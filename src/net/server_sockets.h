// Which of the process's descriptors are sockets of the server: those that listen, and the clients'
// connections, which have the local address of one that listened. So no list of connections has to
// be kept for the one who wants to know: a process that a script forked, which must let go of them.
//
// Thread: remember_listener() main; the others any.
#pragma once

namespace tusk::net {

// The addresses are never forgotten: connections live longer than their listener.
void remember_listener(int socket);

bool is_server_socket(int fd) noexcept;

// Closes them all. Looks at every descriptor of the process; for a child after fork(), where nobody
// else uses them.
void close_server_sockets() noexcept;

}  // namespace tusk::net

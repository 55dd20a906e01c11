// ControlSocket: the unix socket through which an operator's commands reach the supervisor. The
// protocol is in control_protocol.h.
//
// Only root and the user that tusk runs as may connect: the file has the mode 0600, and the kernel
// says who a client is. The supervisor never waits for a client: a client that sends no request in
// time, or that does not take its answer, loses its connection. If something removes the file (a
// cleaner of /run, say), it is made again.
//
// Owner: the Supervisor. Thread: its only one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/loop.h"
#include "net/readiness.h"
#include "net/timer.h"
#include "supervisor/control_protocol.h"

namespace tusk::supervisor {

// A listening socket with its file. The file is removed by ControlSocket, only if it is still this
// one.
struct ControlFile {
  base::UniqueFd socket;
  std::string path;
  ino_t inode = 0;
};

// Replaces the file of a process that is gone. Fails if a process listens on it.
// Several that start at a time replace it one after the other; MayWait::kYes waits up to half a
// second for that.
enum class MayWait : bool { kNo, kYes };
base::Result<ControlFile> open_control_file(const std::string& path,
                                            MayWait may_wait = MayWait::kYes);

class ControlConnection;

// A client whose request has not been answered. Copies are the same client.
class ControlClient {
 public:
  explicit ControlClient(std::weak_ptr<ControlConnection> connection)
      : connection_(std::move(connection)) {}

  // Sends the answer and closes the connection. Does nothing if the client is gone.
  void answer(const ControlAnswer& answer) const;
  // Sends the answer and returns the connection. Not open: the client is gone.
  base::UniqueFd answer_and_take(const ControlAnswer& answer) const;
  // -1: the client is gone.
  int descriptor() const;

 private:
  std::weak_ptr<ControlConnection> connection_;
};

class ControlSocket {
 public:
  // The text of the request line. It is valid during the call.
  using Handler = std::function<void(std::string_view line, ControlClient client)>;

  ControlSocket(net::Loop& loop, ControlFile file, Handler handler);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  const std::string& path() const { return path_; }
  int descriptor() { return listening_.fd(); }
  ino_t inode() const { return inode_; }

  // The connections of clients whose request has not been read. Another program may go on with
  // them.
  std::vector<int> unread_clients() const;
  // A client whose request nobody has read.
  void adopt_unread(base::UniqueFd socket);
  // A client whose request another program has read: it waits for an answer.
  ControlClient adopt(base::UniqueFd socket);

 private:
  friend class ControlConnection;

  void wait();
  void accept_clients();
  void watch_file();
  void await_change_of_file();
  bool has_file() const;
  void make_file_again();
  base::Result<ControlFile> open_file_again() const;
  void forget(const ControlConnection& connection);

  net::Loop& loop_;
  net::Readiness listening_;
  net::Timer pause_;
  const std::string path_;
  ino_t inode_;
  const std::optional<uid_t> directory_owner_;
  std::optional<net::Readiness> file_watch_;
  net::Timer renewal_;
  bool told_failure_ = false;  // the log says that the file cannot be made again
  Handler handler_;
  std::vector<std::shared_ptr<ControlConnection>> connections_;
};

}  // namespace tusk::supervisor

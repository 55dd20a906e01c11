#include "supervisor/control_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "observe/log.h"

namespace tusk::supervisor {

namespace {

// More clients at a time are refused.
constexpr std::size_t kMaxConnections = 16;
// Clients that wait to be accepted, or to be refused.
constexpr int kBacklog = 64;
constexpr base::Duration kRequestTimeout = std::chrono::seconds(10);
constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);
// What has removed the file may remove its directory next.
constexpr base::Duration kBeforeRenewal = std::chrono::milliseconds(500);
constexpr base::Duration kBetweenRenewals = std::chrono::seconds(10);

struct UnixAddress {
  sockaddr_un name{};
  explicit UnixAddress(const std::string& path) {
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

base::UniqueFd make_socket() {
  return base::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Two tusk that start at the same time must not both replace a stale file. A lock of the directory
// leaves no file behind. Any reader of the directory could hold it, so it is not waited for long.
class DirectoryLock {
 public:
  DirectoryLock(const std::filesystem::path& directory, MayWait may_wait)
      : directory_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    const int tries = may_wait == MayWait::kYes ? 50 : 1;
    for (int i = 0; i < tries && directory_; ++i) {
      if (::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
      if (i + 1 == tries) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

 private:
  base::UniqueFd directory_;
};

// Nothing: it is no directory.
std::optional<uid_t> owner_of(const std::filesystem::path& directory) {
  struct stat status{};
  const bool is_there = ::stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  return is_there ? std::optional(status.st_uid) : std::nullopt;
}

bool may_command(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace

base::Result<ControlFile> open_control_file(const std::string& path, MayWait may_wait) {
  const std::string what = "control socket " + path;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return base::fail(what + ": the path is too long (" +
                      std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes at most)");
  }
  const UnixAddress address(path);
  const DirectoryLock lock(std::filesystem::path(path).parent_path(), may_wait);
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return base::fail(what + ": this file is no socket");
    const base::UniqueFd probe = make_socket();
    if (::connect(probe.get(), address.get(), sizeof address.name) == 0 || errno == EAGAIN) {
      return base::fail(what + ": another tusk has it; give each its own --control-socket");
    }
    if (errno == ECONNREFUSED) ::unlink(path.c_str());
  }
  ControlFile file{make_socket(), path};
  if (!file.socket) return base::fail_errno(what, errno);
  // Nobody can connect before it listens.
  const mode_t before = ::umask(0177);
  const bool bound = ::bind(file.socket.get(), address.get(), sizeof address.name) == 0;
  const int error = errno;
  ::umask(before);
  if (!bound) return base::fail_errno(what, error);
  if (::listen(file.socket.get(), kBacklog) != 0 || ::lstat(path.c_str(), &status) != 0) {
    return base::fail_errno(what, errno);
  }
  file.inode = status.st_ino;
  return file;
}

// One connection. Owner: the ControlSocket's list, and the functions that wait in the loop.
class ControlConnection : public std::enable_shared_from_this<ControlConnection> {
 public:
  ControlConnection(ControlSocket& owner, base::UniqueFd socket)
      : owner_(owner), socket_(owner.loop_, std::move(socket)), timeout_(owner.loop_) {}

  void await_request() {
    const std::weak_ptr<ControlConnection> self = weak_from_this();
    timeout_.after(kRequestTimeout, [self] {
      const auto connection = self.lock();
      if (connection != nullptr) {
        connection->finish({1, {"no request came in time"}});
      }
    });
    wait();
  }
  // The request has been read: only the end of the client is waited for.
  void await_answer() {
    requested_ = true;
    wait();
  }

  // The owner ends.
  void abandon() {
    timeout_.cancel();
    socket_.close();
  }

  void finish(const ControlAnswer& answer) {
    send(answer);
    close();
  }
  base::UniqueFd finish_and_release(const ControlAnswer& answer) {
    if (!socket_.open()) return {};
    send(answer);
    base::UniqueFd socket = socket_.release();
    close();
    return socket;
  }
  int descriptor() { return socket_.open() ? socket_.fd() : -1; }
  bool requested() const { return requested_; }

 private:
  // The functions in the loop keep this object until they have run.
  void wait() {
    socket_.wait([self = shared_from_this()] { self->on_readable(); });
  }

  void on_readable() {
    if (!socket_.open()) return;
    std::array<char, kMaxRequestBytes> bytes;
    // Looks at the bytes first: what follows the line is not for the supervisor (`connect`).
    const ssize_t count = ::recv(socket_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_PEEK);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
    // The client is gone, or says more than one line: it has what it asked for, or not.
    if (count <= 0) return close();
    if (requested_) return;
    const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && text.size() < bytes.size()) return await_rest();
    if (end == std::string_view::npos) return finish({1, {"the request is too long"}});
    (void)::recv(socket_.fd(), bytes.data(), end + 1, MSG_DONTWAIT);
    timeout_.cancel();
    requested_ = true;
    owner_.handler_(text.substr(0, end), ControlClient(weak_from_this()));
    if (socket_.open()) wait();
  }

  // Bytes that were only looked at keep the socket readable. So they are looked at again later.
  void await_rest() {
    constexpr base::Duration kPause = std::chrono::milliseconds(20);
    if (++looks_ > kRequestTimeout / kPause) return close();
    const std::weak_ptr<ControlConnection> self = weak_from_this();
    timeout_.after(kPause, [self] {
      const auto connection = self.lock();
      if (connection != nullptr) connection->on_readable();
    });
  }

  // The kernel has room for an answer, unless the client has left others unread.
  void send(const ControlAnswer& answer) {
    if (!socket_.open()) return;
    const std::string text = to_text(answer);
    (void)::send(socket_.fd(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void close() {
    timeout_.cancel();
    socket_.close();
    owner_.forget(*this);
  }

  ControlSocket& owner_;
  net::Readiness socket_;
  net::Timer timeout_;
  bool requested_ = false;
  int looks_ = 0;
};

void ControlClient::answer(const ControlAnswer& answer) const {
  const auto connection = connection_.lock();
  if (connection != nullptr) connection->finish(answer);
}

base::UniqueFd ControlClient::answer_and_take(const ControlAnswer& answer) const {
  const auto connection = connection_.lock();
  return connection != nullptr ? connection->finish_and_release(answer) : base::UniqueFd();
}

int ControlClient::descriptor() const {
  const auto connection = connection_.lock();
  return connection != nullptr ? connection->descriptor() : -1;
}

ControlSocket::ControlSocket(net::Loop& loop, ControlFile file, Handler handler)
    : loop_(loop),
      listening_(loop, std::move(file.socket)),
      pause_(loop),
      path_(std::move(file.path)),
      inode_(file.inode),
      directory_owner_(owner_of(std::filesystem::path(path_).parent_path())),
      renewal_(loop),
      handler_(std::move(handler)) {
  wait();
  watch_file();
}

ControlSocket::~ControlSocket() {
  for (const auto& connection : connections_) connection->abandon();
  if (has_file()) ::unlink(path_.c_str());
}

bool ControlSocket::has_file() const {
  struct stat status{};
  return ::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_;
}

// The removal of a socket's file changes its attributes: the socket still has the inode.
void ControlSocket::watch_file() {
  base::UniqueFd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  constexpr std::uint32_t kRemoved = IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW;
  if (watch) (void)::inotify_add_watch(watch.get(), path_.c_str(), kRemoved);
  file_watch_.emplace(loop_, std::move(watch));
  // It may have been removed before.
  if (!has_file()) renewal_.after(kBeforeRenewal, [this] { make_file_again(); });
  if (file_watch_->open()) await_change_of_file();
}

void ControlSocket::await_change_of_file() {
  file_watch_->wait([this] {
    alignas(inotify_event) std::array<char, 4096> events;
    while (::read(file_watch_->fd(), events.data(), events.size()) > 0) {
    }
    if (!has_file()) renewal_.after(kBeforeRenewal, [this] { make_file_again(); });
    await_change_of_file();
  });
}

// This is tried again if another tusk has the path now, or if the directory cannot be made.
void ControlSocket::make_file_again() {
  if (has_file()) return;
  base::Result<ControlFile> file = open_file_again();
  if (!file) {
    if (!std::exchange(told_failure_, true))
      observe::error("the control socket was removed, and cannot be made again",
                     {{"reason", file.error().message}});
    return renewal_.after(kBetweenRenewals, [this] { make_file_again(); });
  }
  accept_clients();  // those that have connected before
  pause_.cancel();   // it would accept from the new socket, too
  listening_ = net::Readiness(loop_, std::move(file->socket));
  inode_ = file->inode;
  told_failure_ = false;
  observe::warn("the control socket was removed, and is made again", {{"path", path_}});
  wait();
  watch_file();
}

// A user who made the directory meanwhile could put a socket of their own there.
base::Result<ControlFile> ControlSocket::open_file_again() const {
  const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
  (void)::mkdir(directory.c_str(), 0755);
  if (owner_of(directory) != directory_owner_)
    return base::fail(directory.string() + " is not there, or is another user's than before");
  return open_control_file(path_, MayWait::kNo);
}

void ControlSocket::wait() {
  listening_.wait([this] { accept_clients(); });
}

void ControlSocket::accept_clients() {
  for (;;) {
    base::UniqueFd socket(
        ::accept4(listening_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket && errno != EAGAIN && errno != EWOULDBLOCK) {
      // No descriptor is free. The client waits.
      return pause_.after(kAcceptPause, [this] { accept_clients(); });
    }
    if (!socket) break;
    const bool allowed = may_command(socket.get());
    auto connection = std::make_shared<ControlConnection>(*this, std::move(socket));
    if (!allowed || connections_.size() >= kMaxConnections) {
      connection->finish({1,
                          {allowed ? "too many commands at a time"
                                   : "permission denied: only root and the user that tusk runs as "
                                     "may give commands"}});
      continue;
    }
    connections_.push_back(connection);
    connection->await_request();
  }
  wait();
}

std::vector<int> ControlSocket::unread_clients() const {
  std::vector<int> descriptors;
  for (const auto& connection : connections_) {
    if (!connection->requested() && connection->descriptor() >= 0)
      descriptors.push_back(connection->descriptor());
  }
  return descriptors;
}

void ControlSocket::adopt_unread(base::UniqueFd socket) {
  connections_.push_back(std::make_shared<ControlConnection>(*this, std::move(socket)));
  connections_.back()->await_request();
}

ControlClient ControlSocket::adopt(base::UniqueFd socket) {
  auto connection = std::make_shared<ControlConnection>(*this, std::move(socket));
  connections_.push_back(connection);
  connection->await_answer();
  return ControlClient(connection);
}

void ControlSocket::forget(const ControlConnection& connection) {
  std::erase_if(connections_, [&](const auto& known) { return known.get() == &connection; });
}

}  // namespace tusk::supervisor

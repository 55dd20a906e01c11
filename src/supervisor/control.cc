#include "supervisor/control.h"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "base/high_descriptor.h"

namespace tusk::supervisor {

namespace {

constexpr std::array<std::pair<Message, std::string_view>, 4> kMessages = {{
    {Message::kReady, "ready"},
    {Message::kAlive, "alive"},
    {Message::kDrain, "drain"},
    {Message::kPing, "ping"},
}};

constexpr std::size_t kMostMessageBytes = 64;

}  // namespace

std::string_view to_string(Message message) {
  for (const auto& [known, text] : kMessages) {
    if (known == message) return text;
  }
  return {};
}

std::optional<Message> parse_message(std::string_view text) {
  for (const auto& [known, its_text] : kMessages) {
    if (its_text == text) return known;
  }
  return std::nullopt;
}

base::Result<ControlPair> make_control_pair() {
  std::array<int, 2> sockets{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets.data()) !=
      0) {
    return base::fail_errno("cannot make a control channel", errno);
  }
  return ControlPair{base::UniqueFd(sockets[0]), base::UniqueFd(sockets[1])};
}

void ControlChannel::listen(std::function<void(Message)> on_message,
                            std::function<void()> on_closed) {
  on_message_ = std::move(on_message);
  on_closed_ = std::move(on_closed);
  wait();
}

void ControlChannel::send(Message message) {
  if (!socket_.open()) return;
  const std::string_view text = to_string(message);
  (void)::send(socket_.fd(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void ControlChannel::close() { socket_.close(); }

void ControlChannel::wait() {
  socket_.wait([this] { read_messages(); });
}

void ControlChannel::read_messages() {
  std::array<char, kMostMessageBytes> bytes;
  while (socket_.open()) {
    const ssize_t count = ::recv(socket_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) {
      // A message that nobody knows is from another version of tusk.
      const auto message = parse_message({bytes.data(), static_cast<std::size_t>(count)});
      if (message) on_message_(*message);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait();
    socket_.close();
    return on_closed_();
  }
}

}  // namespace tusk::supervisor

#include "exec/process/host_protocol.h"

#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

namespace tusk::exec::process {

namespace {

// Room for the control message of so many descriptors.
union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> bytes;
};

// True: sent. False: there is no room for it now.
base::Result<bool> send_parts(int socket, std::span<iovec> parts,
                              const std::vector<int>& descriptors) {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  Control control{};
  if (descriptors.size() > kMostDescriptors) return base::fail("too many descriptors");
  if (!descriptors.empty()) {
    const std::size_t bytes = sizeof(int) * descriptors.size();
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  }
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
    // The socket is full, or so many descriptors are on their way that the user may send no more.
    if (errno == EAGAIN || errno == ETOOMANYREFS) return false;
    if (errno != EINTR) return base::fail_errno("send to another process of tusk", errno);
  }
}

base::Result<void> none_is_failure(const base::Result<bool>& sent) {
  if (!sent) return std::unexpected(sent.error());
  if (!*sent) return base::fail("another process of tusk does not read its messages");
  return {};
}

// Even the close() of a non-blocking socket waits until its peer has read what was sent, if the
// socket is set so, and if nobody else has it open: a worker would hold the server's loop.
void close_without_waiting(int descriptor) {
  constexpr linger kNone{};
  (void)::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &kNone, sizeof kNone);
}

// Takes all descriptors, so that none stays open unseen.
std::vector<base::UniqueFd> take_descriptors(msghdr& message) {
  std::vector<base::UniqueFd> taken;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      close_without_waiting(descriptor);
      taken.emplace_back(descriptor);
    }
  }
  return taken;
}

// -1: nothing, with errno, which is EMSGSIZE for a packet of which not all could be received.
ssize_t receive_parts(int socket, std::span<iovec> parts, int flags,
                      std::vector<base::UniqueFd>& descriptors) {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  Control control{};
  message.msg_control = control.bytes.data();
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return got;
  descriptors = take_descriptors(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return got;
  descriptors.clear();
  errno = EMSGSIZE;
  return -1;
}

}  // namespace

base::Result<bool> try_send(int socket, const Message& message, std::string_view text,
                            const std::vector<int>& descriptors) {
  if (text.size() > kMostText) return base::fail("a message is too long");
  Message copy = message;
  std::array<iovec, 2> parts{{{&copy, sizeof copy}, {const_cast<char*>(text.data()), text.size()}}};
  return send_parts(socket, parts, descriptors);
}

base::Result<void> send(int socket, const Message& message, std::string_view text,
                        const std::vector<int>& descriptors) {
  return none_is_failure(try_send(socket, message, text, descriptors));
}

namespace {

base::Result<Received> receive_message(int socket, int flags) {
  Received received;
  received.text.resize(kMostText);
  std::array<iovec, 2> parts{
      {{&received.message, sizeof received.message}, {received.text.data(), received.text.size()}}};
  const ssize_t got = receive_parts(socket, parts, flags, received.descriptors);
  if (got < 0) return base::fail_errno("receive from another process of tusk", errno);
  if (got == 0) return base::fail("");
  if (static_cast<std::size_t>(got) < sizeof received.message)
    return base::fail("another process of tusk has sent a message that is too short");
  received.text.resize(static_cast<std::size_t>(got) - sizeof received.message);
  return received;
}

}  // namespace

base::Result<Received> receive(int socket) { return receive_message(socket, 0); }

base::Result<Received> peek(int socket) { return receive_message(socket, MSG_PEEK); }

base::Result<void> send_descriptor(int socket, int descriptor, std::uint64_t tag) {
  std::array<iovec, 1> parts{{{&tag, sizeof tag}}};
  return none_is_failure(send_parts(socket, parts, {descriptor}));
}

base::UniqueFd receive_descriptor(int socket, std::uint64_t tag) {
  for (int stale = 0; stale <= kMostStaleDescriptors; ++stale) {
    std::uint64_t got_tag = 0;
    std::array<iovec, 1> parts{{{&got_tag, sizeof got_tag}}};
    std::vector<base::UniqueFd> descriptors;
    const ssize_t got = receive_parts(socket, parts, MSG_DONTWAIT, descriptors);
    if (got < 0 && errno == EMSGSIZE) continue;
    if (got != sizeof got_tag) return {};
    // One of an earlier request, which was not fetched.
    if (got_tag != tag || descriptors.size() != 1) continue;
    return std::move(descriptors.front());
  }
  return {};
}

}  // namespace tusk::exec::process

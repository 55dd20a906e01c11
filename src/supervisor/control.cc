#include "supervisor/control.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <sys/socket.h>

#include "base/high_descriptor.h"

namespace tusk::supervisor {

namespace {

constexpr std::array<std::pair<Message, std::string_view>, 17> kMessages = {{
    {Message::kReady, "ready"},
    {Message::kAlive, "alive"},
    {Message::kReason, "reason"},
    {Message::kWillDrain, "will-drain"},
    {Message::kDrain, "drain"},
    {Message::kPing, "ping"},
    {Message::kReopenLogs, "reopen-logs"},
    {Message::kConnection, "connection"},
    {Message::kRecycle, "recycle"},
    {Message::kApply, "apply"},
    {Message::kApplied, "applied"},
    {Message::kNotApplied, "not-applied"},
    {Message::kLogsReopened, "logs-reopened"},
    {Message::kRenewPhp, "renew-php"},
    {Message::kPhpRenewed, "php-renewed"},
    {Message::kPhpNotRenewed, "php-not-renewed"},
    {Message::kWorkerCrashed, "worker-crashed"},
}};

struct DrainWords {
  DrainCause cause;
  std::string_view text;  // in the message: "replaced" is that of the first versions
  std::string_view word;
};
constexpr std::array<DrainWords, 5> kDrainCauses = {{
    {DrainCause::kEnds, "", "stop"},
    {DrainCause::kReload, "replaced", "reload"},
    {DrainCause::kUpgrade, "upgraded", "upgrade"},
    {DrainCause::kRecycled, "recycled", "recycled"},
    {DrainCause::kSupervisorGone, "gone", "supervisor_gone"},
}};

const DrainWords& words_of(DrainCause cause) {
  const auto found = std::ranges::find(kDrainCauses, cause, &DrainWords::cause);
  return found != kDrainCauses.end() ? *found : kDrainCauses.front();
}

// A longer text is cut.
constexpr std::size_t kMostMessageBytes = 2048;

// The header of a message with room for one descriptor.
class DescriptorMessage {
 public:
  DescriptorMessage(char* bytes, std::size_t size) : part_{bytes, size} {
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
    header_.msg_control = space_.data();
    header_.msg_controllen = space_.size();
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  msghdr& header() { return header_; }

  void put(int descriptor) {
    cmsghdr* const rights = CMSG_FIRSTHDR(&header_);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  // The descriptor of a message that was received. Not open: it has none. The space has room for
  // two, because of its alignment: whoever sends more than one must not fill this process's table.
  base::UniqueFd take() {
    base::UniqueFd first;
    for (const cmsghdr* rights = CMSG_FIRSTHDR(&header_); rights != nullptr;
         rights = CMSG_NXTHDR(&header_, const_cast<cmsghdr*>(rights))) {
      if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(rights) + i * sizeof number, sizeof number);
        base::UniqueFd descriptor(number);
        if (!first) first = std::move(descriptor);
      }
    }
    return first;
  }

 private:
  iovec part_;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space_{};
  msghdr header_{};
};

std::string bytes_of(Message message, std::string_view text) {
  std::string whole(to_string(message));
  if (!text.empty()) whole.append(" ").append(text);
  whole.resize(std::min(whole.size(), kMostMessageBytes));
  return whole;
}

}  // namespace

std::string_view to_string(Message message) {
  for (const auto& [known, text] : kMessages) {
    if (known == message) return text;
  }
  return {};
}

std::optional<Message> parse_message(std::string_view word) {
  for (const auto& [known, its_word] : kMessages) {
    if (its_word == word) return known;
  }
  return std::nullopt;
}

std::string reason_line(std::string_view text) {
  std::string line;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool is_control = byte < 0x20 || byte == 0x7f;
    if (!is_control) {
      line += each;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.size() > kMostReasonBytes) {
    // Not in the middle of a character of UTF-8.
    std::size_t end = kMostReasonBytes;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80) --end;
    line.resize(end);
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string_view to_text(DrainCause cause) { return words_of(cause).text; }
std::string_view to_word(DrainCause cause) { return words_of(cause).word; }

DrainCause drain_cause(std::string_view text) {
  const auto found = std::ranges::find(kDrainCauses, text, &DrainWords::text);
  return found != kDrainCauses.end() ? found->cause : DrainCause::kEnds;
}

base::Result<ControlPair> make_control_pair() {
  std::array<int, 2> sockets{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets.data()) !=
      0) {
    return base::fail_errno("cannot make a control channel", errno);
  }
  return ControlPair{base::UniqueFd(sockets[0]), base::UniqueFd(sockets[1])};
}

void send_message(int socket, Message message, std::string_view text) {
  const std::string whole = bytes_of(message, text);
  (void)::send(socket, whole.data(), whole.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool send_message(int socket, Message message, std::string_view text,
                  const base::UniqueFd& descriptor) {
  std::string bytes = bytes_of(message, text);
  DescriptorMessage whole(bytes.data(), bytes.size());
  whole.put(descriptor.get());
  return ::sendmsg(socket, &whole.header(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void ControlChannel::listen(std::function<void(Received)> on_message,
                            std::function<void()> on_closed) {
  on_message_ = std::move(on_message);
  on_closed_ = std::move(on_closed);
  wait();
}

void ControlChannel::send(Message message, std::string_view text) {
  if (socket_.open()) send_message(socket_.fd(), message, text);
}

void ControlChannel::send(Message message, const base::UniqueFd& descriptor) {
  if (socket_.open() && descriptor) (void)send_message(socket_.fd(), message, {}, descriptor);
}

void ControlChannel::close() { socket_.close(); }

void ControlChannel::wait() {
  socket_.wait([this] { read_messages(AtEnd::kTell); });
}

void ControlChannel::read_rest() { read_messages(AtEnd::kIgnore); }

void ControlChannel::read_messages(AtEnd at_end) {
  std::array<char, kMostMessageBytes> bytes;
  while (socket_.open()) {
    DescriptorMessage whole(bytes.data(), bytes.size());
    const ssize_t count = ::recvmsg(socket_.fd(), &whole.header(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count > 0) {
      receive({bytes.data(), static_cast<std::size_t>(count)}, whole.take());
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (at_end == AtEnd::kIgnore) return;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait();
    socket_.close();
    return on_closed_();
  }
}

void ControlChannel::receive(std::string_view bytes, base::UniqueFd descriptor) {
  const std::size_t end = std::min(bytes.find(' '), bytes.size());
  const auto message = parse_message(bytes.substr(0, end));
  // A message that nobody knows is from another version of tusk.
  if (!message) return;
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  on_message_({*message, bytes, base::above_low_numbers(std::move(descriptor))});
}

}  // namespace tusk::supervisor

// The control channel between the supervisor and one server process.
//
// It is a pair of connected sockets that keep messages apart (SOCK_SEQPACKET). A message is one
// word, and may bring a text or a descriptor. Each end notices at once that the other process is
// gone, because its socket is closed then.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/loop.h"
#include "net/readiness.h"

namespace tusk::supervisor {

// The variable that names the server process's end of the channel: a descriptor's number.
inline constexpr const char* kControlVariable = "TUSK_CONTROL_FD";

enum class Message {
  // From the server process.
  kReady,       // it accepts connections
  kAlive,       // the answer to kPing
  kReason,      // with a text: why it cannot start
  kRecycle,     // with a text (recycling/recycle_request.h): another process should take its place
  kApplied,     // the answer to kApply: it has the new values
  kNotApplied,  // the same, with a text: why it has not
  kPhpRenewed,  // the answer to kRenewPhp: new PHP hosts serve
  kPhpNotRenewed,  // the same, with a text: why the old ones go on, or kPhpInThreads
  kLogsReopened,   // the answer to kReopenLogs; with a text: what could not be opened
  kWorkerCrashed,  // with a text and a record (crash/worker_crash.h)
  // From the supervisor.
  kWillDrain,   // not ready any more; kDrain follows when the drain_delay is over
  kDrain,       // accept no more, finish what is in flight, and exit; with a text: to_text(cause)
  kPing,        // answer kAlive from the loop
  kReopenLogs,  // open log files again
  kConnection,  // with a descriptor: a client of the internal server
  kApply,       // with a descriptor: the text of a configuration file that changes in place
  kRenewPhp,    // start new PHP hosts, and end the old ones when those serve
};

// The text of kPhpNotRenewed if the process has no PHP host.
inline constexpr std::string_view kPhpInThreads = "PHP runs in threads of the server process";

// Why a process drains.
enum class DrainCause {
  kEnds,            // tusk ends
  kReload,          // a new generation serves
  kUpgrade,         // the same, with another program
  kRecycled,        // a successor serves
  kSupervisorGone,  // is never sent
};
// What the message carries, and the word that logs have.
std::string_view to_text(DrainCause cause);
std::string_view to_word(DrainCause cause);
DrainCause drain_cause(std::string_view text);  // kEnds for a text that nobody knows

std::string_view to_string(Message message);
std::optional<Message> parse_message(std::string_view word);

struct Received {
  Message message;
  std::string_view text{};  // valid during the call
  base::UniqueFd descriptor{};
};

struct ControlPair {
  base::UniqueFd supervisor;
  base::UniqueFd server;
};
base::Result<ControlPair> make_control_pair();

// The text of kReason: one line of at most kMostReasonBytes, with a space in place of control
// characters. The sender calls this, and so does the supervisor, because a process that
// cannot start may be broken.
inline constexpr std::size_t kMostReasonBytes = 500;
std::string reason_line(std::string_view text);

// Sends a message, with a text if there is one, over a socket of a pair. Never waits. Any thread.
void send_message(int socket, Message message, std::string_view text = {});
// The same with a descriptor. False: it could not be sent.
bool send_message(int socket, Message message, std::string_view text,
                  const base::UniqueFd& descriptor);

// One end of the channel. Owner: the Supervisor for each process, or app::Supervision in the server
// process.
class ControlChannel {
 public:
  ControlChannel(net::Loop& loop, base::UniqueFd socket) : socket_(loop, std::move(socket)) {}
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;

  // Calls `on_message` for each message, and `on_closed` once when the other process is gone. They
  // must not destroy this object.
  void listen(std::function<void(Received)> on_message, std::function<void()> on_closed);

  // Calls `on_message` for what has arrived. The other process has ended.
  void read_rest();
  // Neither function is called any more.
  void close();

  // Never waits. A message that the socket has no room for is lost: the other process has then left
  // hundreds unread.
  void send(Message message, std::string_view text = {});
  void send(Message message, const base::UniqueFd& descriptor);
  // -1: closed.
  int descriptor() { return socket_.open() ? socket_.fd() : -1; }

 private:
  void wait();
  enum class AtEnd { kTell, kIgnore };
  void read_messages(AtEnd at_end);
  void receive(std::string_view bytes, base::UniqueFd descriptor);

  net::Readiness socket_;
  std::function<void(Received)> on_message_;
  std::function<void()> on_closed_;
};

}  // namespace tusk::supervisor

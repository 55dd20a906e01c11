// Messages between the server and a PHP host, the process that starts PHP and forks its workers.
//
// They go over a SOCK_SEQPACKET pair, whose host end is descriptor kHostSocket of the host. One
// packet is one message: a Message, then its text; descriptors by SCM_RIGHTS. The server starts the
// host with the descriptors of `kHello` first.
//
// Thread: one of each process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::exec::process {

inline constexpr int kHostSocket = 3;

enum class MessageKind : std::uint32_t {
  // --- from the server ---
  // `text`: the host's settings (host/settings/host_settings.h). Descriptors: the host's board
  // (exec/process/figures/host_board.h), the page of sleeping loops (exec/process/doorbells.h),
  // then the
  // eventfd of each loop. If the text is longer than
  // kMostText, the message has none, and the first descriptor is a memfd with it.
  kHello = 1,
  // Fork worker `worker`. Descriptors: its region, then the socket of each slot. `value`: how often
  // in a row the resident script has failed to boot in a worker of that number.
  kFork,
  // Send signal `value` to `worker`, if it is still process `pid`.
  kSignal,
  // End when all workers have ended.
  kStop,
  // Open the log files again. Workers that were forked before are told by Order::kReopenLogs.
  kReopenLogs,
  // Log from level `value` (observe::Level) on. Workers see it in their regions.
  kLogLevel,
  // --- from the host ---
  // PHP has started, and the script of a rewound pool has booted. `text`: a description for the
  // start-up line
  kReady,
  // PHP could not start, or `worker` could not be forked, or its resident script has not booted:
  // then kEnded follows. `text`: why
  kFailed,
  // The script of a rewound pool has not booted in the host, which ends. `text`: why
  kNoBoot,
  kForked,  // `worker` is process `pid`
  kEnded,   // `worker`, process `pid`, has ended with wait status `value`
};

// The exit status of a worker that ends of its own accord.
enum class WorkerExit : std::int32_t {
  kAsked = 0,   // by Order::kEnd
  kBroken = 3,  // its PHP state cannot be trusted after the request that it has answered
  kNoBoot = 4,  // its resident script has not booted, or it could not start: kFailed says why
};

struct Message {
  MessageKind kind{};
  std::int32_t worker = -1;
  std::int32_t pid = 0;
  std::int32_t value = 0;
};

struct Received {
  Message message;
  std::string text;
  std::vector<base::UniqueFd> descriptors;
};

// The longest text of a message.
inline constexpr std::size_t kMostText = std::size_t{32} * 1024;
inline constexpr std::size_t kMostDescriptors = 80;

// Does not block. False: the other side has so many messages to read that there is no room for
// another one now. The message is sent whole or not at all.
base::Result<bool> try_send(int socket, const Message& message, std::string_view text = {},
                            const std::vector<int>& descriptors = {});
// The same, for which a full socket is an error.
base::Result<void> send(int socket, const Message& message, std::string_view text = {},
                        const std::vector<int>& descriptors = {});
// Blocks. An error with an empty message: the other side is gone. A message that is cut off, or
// whose descriptors do not all fit into this process, is an error too.
base::Result<Received> receive(int socket);

// How many descriptors of earlier requests receive_descriptor() drops at most. A socket's buffer
// holds fewer, so more come only from a worker that sends without pause.
inline constexpr int kMostStaleDescriptors = 512;
// The next message, which stays: receive() returns it again.
base::Result<Received> peek(int socket);

// One descriptor over a slot's socket (SOCK_SEQPACKET), with `tag` as data.
base::Result<void> send_descriptor(int socket, int descriptor, std::uint64_t tag);
// Does not block. An invalid descriptor: none has come, or it has another tag.
base::UniqueFd receive_descriptor(int socket, std::uint64_t tag);

}  // namespace tusk::exec::process

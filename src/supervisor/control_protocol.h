// The protocol of the control socket, through which an operator's commands reach the supervisor.
//
// A connection carries one request. The client sends one line, a command and perhaps an argument:
//
//   reload [new-generation]   changes to the configuration that the file has now, in place or by a
//                     new generation; with the argument by a new generation; answered when it
//                     serves, or why it does not
//   reload php        starts new PHP hosts, and answers when they serve, or why they do not; a new
//                     generation where PHP has no host
//   upgrade           the same with the programs that are on the disk now
//   status            one line of JSON
//   stop [no-wait]    drains and ends; answered just before the supervisor ends, and the connection
//                     ends with it; or at once
//   reopen-logs       opens log files again
//   connect PID       after the answer, the client talks HTTP/1.1 to the internal server of this
//                     server process
//
// The answer is lines of text, each with a space in front, and a last line "exit N", where N is the
// exit status for the command: 0 if it was done, 1 if not; then the text says why. The supervisor
// then closes the connection, except after `connect`.
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::supervisor {

// A longer request line is refused.
inline constexpr std::size_t kMaxRequestBytes = 256;
// Text beyond it is left out. It is less than the kernel holds for a client that does not read yet.
inline constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

struct ControlAnswer {
  int exit_status = 0;
  std::vector<std::string> lines{};
};

std::string to_text(const ControlAnswer& answer);

// `text` is everything that was received. Nothing: the last line has not arrived, or the text is
// not an answer.
std::optional<ControlAnswer> parse_answer(std::string_view text);

// The command and its argument, if any.
struct ControlRequest {
  std::string_view command;
  std::string_view argument;
};
ControlRequest parse_request(std::string_view line);

}  // namespace tusk::supervisor

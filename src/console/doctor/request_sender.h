// RequestSender: sends requests to the examined server, one after the other.
//
// Owner: the command. Thread: main.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "console/doctor/examined_server.h"
#include "console/http_answer.h"

namespace tusk::console::doctor {

class RequestSender {
 public:
  explicit RequestSender(ExaminedServer& server) : server_(server) {}

  enum class Outcome : std::uint8_t {
    kAnswered,
    kNoAnswer,  // the server has closed the connection, or needs too long
    kEnded,     // no further request can be sent: wake()
  };
  struct Answer {
    Outcome outcome;
    HttpAnswer http{};
  };
  // `text` is the whole request; `method` says how long the answer is.
  Answer send(const std::string& text, const std::string& method);

  // Why nothing can be sent any more.
  ExaminedServer::Wake wake() const { return wake_; }
  void close() { connection_.reset(); }

 private:
  bool connect();
  // False: not within the time; wake() has the reason.
  bool wait(short events, base::MonotonicTime until);
  bool write(const std::string& text, base::MonotonicTime until);
  Answer read(const std::string& method, base::MonotonicTime until);
  Answer without_answer();

  ExaminedServer& server_;
  base::UniqueFd connection_;
  ExaminedServer::Wake wake_ = ExaminedServer::Wake::kReady;
};

}  // namespace tusk::console::doctor

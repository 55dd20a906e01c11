// ReadinessNotifier: tells whoever started the server how it is doing, by the protocol of
// sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names. Says nothing where nobody asked.
//
// Owner: the app. Thread: main makes it, before there are others; notify() any.
#pragma once

#include <string>
#include <string_view>

namespace tusk::net {

class ReadinessNotifier {
 public:
  // Takes the variable out of the environment: scripts and children do not speak for the server.
  static ReadinessNotifier from_environment();

  // "READY=1", "STOPPING=1", with "\nSTATUS=..." behind it. What cannot be delivered is lost.
  void notify(std::string_view state) const;

 private:
  std::string path_;  // empty: nobody asked
};

}  // namespace tusk::net

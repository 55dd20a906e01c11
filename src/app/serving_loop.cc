#include "app/serving_loop.h"

#include <csignal>
#include <string>

#include <boost/asio/post.hpp>
#include <pthread.h>

namespace tusk::app {

void ServingLoop::start() {
  // Signals are the first loop's; threads inherit the mask.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "tusk-loop");
    run();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ServingLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServingLoop::drain(base::Duration patience) {
  boost::asio::post(loop_.io(), [this, patience] { server_.drain(patience); });
}

}  // namespace tusk::app

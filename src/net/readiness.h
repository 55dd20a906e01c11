// Readiness: calls a function when a descriptor of the loop is readable.
//
// Owner: the component that waits. Thread: the loop's.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "net/loop.h"

namespace tusk::net {

// It waits for one event at a time: call wait() again for the next one. close(), release() and the
// destructor end a wait, and its function is not called any more.
class Readiness {
 public:
  // Stays closed if the kernel cannot watch the descriptor.
  Readiness(Loop& loop, base::UniqueFd fd) : descriptor_(loop.io()) {
    if (!fd) return;
    boost::system::error_code error;
    descriptor_.assign(fd.get(), error);
    if (!error) (void)fd.release();
  }

  bool open() const { return descriptor_.is_open(); }
  int fd() { return descriptor_.native_handle(); }

  // Calls `readable` once, from the loop, when there is something to read or the other end is gone.
  void wait(std::move_only_function<void()> readable) {
    descriptor_.async_wait(
        boost::asio::posix::descriptor_base::wait_read,
        [readable = std::move(readable)](const boost::system::error_code& error) mutable {
          if (!error) readable();
        });
  }

  void close() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
  }
  base::UniqueFd release() { return base::UniqueFd(descriptor_.release()); }

 private:
  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace tusk::net

// PlainStream: a ByteStream on a socket as it is.
//
// Owner: a connection. Thread: its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "net/byte_stream.h"
#include "net/wakeup.h"

namespace tusk::net {

class PlainStream final : public ByteStream {
 public:
  // `socket` is non-blocking. Where the loop cannot take it (the kernel's limit of watches), it is
  // closed, and everything fails.
  PlainStream(boost::asio::io_context& io, base::UniqueFd socket);

  void bind(Wakeup& wakeup) override { wakeup_ = &wakeup; }
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> from, bool more) override;
  IoResult send_file(int fd, std::uint64_t offset, std::size_t count) override;
  IoStatus peek() override;
  void notify_when_readable() override;
  void notify_when_writable() override;
  // As notify_when_*(), but raises other flags: what a stream above reads may need room first.
  void raise_when_readable(std::uint32_t flags);
  void raise_when_writable(std::uint32_t flags);
  // When the handlers that are ready now have run.
  void raise_soon(std::uint32_t flags);
  void shutdown_write() override;
  void close() override;
  void abort() override;
  int descriptor() override { return socket_.native_handle(); }
  bool idle() const override { return waits_ == 0; }

 private:
  void wait(boost::asio::posix::descriptor_base::wait_type what, std::uint32_t& armed,
            std::uint32_t flags);

  Wakeup* wakeup_ = nullptr;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  std::uint32_t read_armed_ = 0;   // the flags that bytes will raise; 0: nobody waits for them
  std::uint32_t write_armed_ = 0;  // the same of room
  std::uint32_t soon_ = 0;         // the flags that a posted handler will raise; 0: there is none
  int waits_ = 0;                  // handlers that will still be called
};

}  // namespace tusk::net

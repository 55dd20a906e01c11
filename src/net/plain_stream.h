// PlainStream: a connection's bytes without TLS.
//
// Owner: a connection. Thread: its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "net/byte_stream.h"
#include "net/wakeup.h"

namespace tusk::net {

// A ByteStream over a plain socket.
class PlainStream final : public ByteStream {
 public:
  // `socket` is non-blocking. If the loop cannot watch it (the kernel's limit is reached), the
  // socket is closed and every call fails.
  PlainStream(boost::asio::io_context& io, base::UniqueFd socket);

  void bind(Wakeup& wakeup) override { wakeup_ = &wakeup; }
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> from, More more) override;
  IoResult send_file(int fd, std::uint64_t offset, std::size_t count) override;
  IoStatus peek() override;
  void notify_when_readable() override;
  void notify_when_writable() override;
  // Like notify_when_*(), with other flags: for a stream on top whose read may wait for a write.
  void raise_when_readable(std::uint32_t flags);
  void raise_when_writable(std::uint32_t flags);
  // Raises the flags after the handlers that are ready now.
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
  std::uint32_t read_armed_ = 0;   // flags to raise when readable; 0: nothing waits
  std::uint32_t write_armed_ = 0;  // flags to raise when writable; 0: nothing waits
  std::uint32_t soon_ = 0;         // flags that a posted handler will raise; 0: none is posted
  int waits_ = 0;                  // handlers that have not been called yet
};

}  // namespace tusk::net

// FakeStream: a byte stream for unit tests of connections.
//
// Owner: the connection; the test keeps a pointer. Thread: the test's.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "net/byte_stream.h"

namespace tusk::net {

// A byte stream without a socket. The test sends bytes as the client, and reads what the connection
// sends.
class FakeStream final : public ByteStream {
 public:
  // --- the client's side ---

  // Resumes the connection if it waits for bytes.
  void client_sends(std::string_view bytes) {
    to_read_.emplace_back(bytes);
    tell_readable();
  }
  // The loop has not told the connection yet.
  void client_sends_unnoticed(std::string_view bytes) { to_read_.emplace_back(bytes); }
  void client_closes() {
    client_closed_ = true;
    tell_readable();
  }
  // Accepts no more bytes until client_takes().
  void client_stalls() { room_ = 0; }
  void client_takes(std::size_t bytes) {
    room_ += bytes;
    if (std::exchange(wants_writable_, false)) wakeup_->raise(Wakeup::kWritable);
  }

  std::string sent;
  std::uint64_t sent_from_files = 0;  // how much of it
  bool write_shut = false;
  bool closed = false;
  bool aborted = false;
  bool busy = false;  // a handler of the loop still refers to it
  std::size_t unread() const {
    std::size_t bytes = 0;
    for (const std::string& piece : to_read_) bytes += piece.size();
    return bytes;
  }

  // --- ByteStream ---

  void bind(Wakeup& wakeup) override { wakeup_ = &wakeup; }
  IoResult read(std::span<char> into) override {
    if (to_read_.empty()) {
      return {client_closed_ ? IoStatus::kClosed : IoStatus::kWouldBlock};
    }
    std::string& first = to_read_.front();
    const std::size_t count = std::min(first.size(), into.size());
    std::memcpy(into.data(), first.data(), count);
    first.erase(0, count);
    if (first.empty()) to_read_.pop_front();
    return {IoStatus::kOk, count};
  }
  IoResult write(std::span<const iovec> from, More /*more*/) override {
    if (room_ == 0) return {IoStatus::kWouldBlock};
    std::size_t written = 0;
    for (const iovec& piece : from) {
      const std::size_t count = std::min(piece.iov_len, room_);
      sent.append(static_cast<const char*>(piece.iov_base), count);
      room_ -= count;
      written += count;
    }
    return {IoStatus::kOk, written};
  }
  IoResult send_file(int fd, std::uint64_t offset, std::size_t count) override {
    if (room_ == 0) return {IoStatus::kWouldBlock};
    std::string bytes(std::min(count, room_), '\0');
    const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got <= 0) return {IoStatus::kFailed};
    bytes.resize(static_cast<std::size_t>(got));
    sent += bytes;
    sent_from_files += bytes.size();
    room_ -= bytes.size();
    return {IoStatus::kOk, bytes.size()};
  }
  IoStatus peek() override {
    if (!to_read_.empty()) return IoStatus::kOk;
    return client_closed_ ? IoStatus::kClosed : IoStatus::kWouldBlock;
  }
  void notify_when_readable() override {
    wants_readable_ = true;
    if (!to_read_.empty() || client_closed_) tell_readable();
  }
  void notify_when_writable() override {
    wants_writable_ = room_ == 0;
    if (room_ > 0) wakeup_->raise(Wakeup::kWritable);
  }
  void shutdown_write() override { write_shut = true; }
  void close() override { closed = true; }
  void abort() override { aborted = true; }
  int descriptor() override { return -1; }
  bool idle() const override { return !busy; }

 private:
  void tell_readable() {
    if (std::exchange(wants_readable_, false)) wakeup_->raise(Wakeup::kReadable);
  }

  Wakeup* wakeup_ = nullptr;
  std::deque<std::string> to_read_;
  bool client_closed_ = false;
  bool wants_readable_ = false;
  bool wants_writable_ = false;
  std::size_t room_ = 16 * 1024 * 1024;
};

}  // namespace tusk::net

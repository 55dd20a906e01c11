#include "tls/stream.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/store.h"
#include "tls/test_files.h"

namespace tusk::tls {
namespace {

// A server's stream and OpenSSL's client at the two ends of a socket pair, both without blocking.
class TlsStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    Settings settings = tls_test_settings();
    settings.self_signed = true;
    std::vector<std::string> warnings;
    auto opened = CertificateStore::open(settings, warnings);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    client_end_.reset(ends[1]);
    stream_ = std::make_unique<Stream>(io_, base::UniqueFd(ends[0]), store_->current());
    stream_->bind(wakeup_);
    client_context_.reset(::SSL_CTX_new(::TLS_client_method()));
    client_.reset(::SSL_new(client_context_.get()));
    ::SSL_set_fd(client_.get(), client_end_.get());
  }

  void TearDown() override {
    stream_->close();
    io_.restart();
    io_.poll();
    EXPECT_TRUE(stream_->idle());
  }

  // Steps until both are done, or the server has failed.
  net::IoStatus shake_hands() {
    net::IoStatus server = net::IoStatus::kWouldBlock;
    int client = 0;
    for (int i = 0; i < 20 && (server == net::IoStatus::kWouldBlock || client != 1); ++i) {
      if (client != 1) client = ::SSL_connect(client_.get());
      if (server == net::IoStatus::kWouldBlock) server = stream_->handshake();
      if (server == net::IoStatus::kFailed || server == net::IoStatus::kClosed) break;
    }
    return server;
  }

  // The bytes that the client can read now.
  std::string received() {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
      const int count = ::SSL_read(client_.get(), buffer.data(), buffer.size());
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

  void send(std::string_view text) {
    ASSERT_EQ(::SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }

  net::IoResult write(std::string_view first, std::string_view second, net::More more) {
    const std::array<iovec, 2> pieces = {iovec{const_cast<char*>(first.data()), first.size()},
                                         iovec{const_cast<char*>(second.data()), second.size()}};
    return stream_->write(pieces, more);
  }

  // All of it, while the client reads.
  std::string pump(std::string_view text, bool& failed) {
    std::string got;
    while (!text.empty()) {
      const net::IoResult wrote = write(text, {}, net::More::kNone);
      failed = wrote.status != net::IoStatus::kOk && wrote.status != net::IoStatus::kWouldBlock;
      if (failed) break;
      text.remove_prefix(wrote.bytes);
      got += received();
    }
    return got + received();
  }

  boost::asio::io_context io_;
  net::Wakeup wakeup_;
  std::unique_ptr<CertificateStore> store_;
  base::UniqueFd client_end_;
  Handle<ssl_ctx_st> client_context_;
  Handle<ssl_st> client_;
  std::unique_ptr<Stream> stream_;
  std::array<char, 64 * 1024> buffer_{};
};

TEST_F(TlsStreamTest, ShakesHandsAndSaysWhatWasAgreed) {
  EXPECT_EQ(stream_->handshake(), net::IoStatus::kWouldBlock) << "the client has said nothing yet";
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  EXPECT_EQ(stream_->version(), observe::TlsVersion::k13);
  EXPECT_EQ(stream_->version_name(), "TLSv1.3");
  EXPECT_EQ(stream_->cipher_name().substr(0, 4), "TLS_");
  EXPECT_EQ(stream_->protocol(), "");
  EXPECT_FALSE(stream_->resumed());
  EXPECT_NE(stream_->variables().find(std::string("SSL_CLIENT_VERIFY\0NONE\0", 23)),
            std::string::npos);
}

TEST_F(TlsStreamTest, BytesGoBothWays) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  EXPECT_EQ(stream_->read(buffer_).status, net::IoStatus::kWouldBlock);
  EXPECT_EQ(stream_->peek(), net::IoStatus::kWouldBlock);
  send("question");
  EXPECT_EQ(stream_->peek(), net::IoStatus::kOk);
  const net::IoResult got = stream_->read(buffer_);
  ASSERT_EQ(got.status, net::IoStatus::kOk);
  EXPECT_EQ(std::string_view(buffer_.data(), got.bytes), "question");
  EXPECT_EQ(write("ans", "wer", net::More::kNone).bytes, 6U);
  EXPECT_EQ(received(), "answer");
}

TEST_F(TlsStreamTest, WhatFollowsSharesARecord) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  EXPECT_EQ(write("head ", {}, net::More::kFollows).bytes, 5U);
  EXPECT_EQ(received(), "") << "more is to follow";
  EXPECT_EQ(write("body", {}, net::More::kNone).bytes, 4U);
  std::array<char, 100> record;
  const int count = ::SSL_read(client_.get(), record.data(), record.size());
  EXPECT_EQ(std::string_view(record.data(), static_cast<std::size_t>(count)), "head body");
}

TEST_F(TlsStreamTest, WhatIsHeldLeavesWhenNothingFollows) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  EXPECT_EQ(write("head", {}, net::More::kFollows).bytes, 4U);
  EXPECT_EQ(write({}, {}, net::More::kNone).status, net::IoStatus::kOk);
  EXPECT_EQ(received(), "head");
}

TEST_F(TlsStreamTest, BytesInsideAreNewsWithoutTheSocket) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  send("one");
  send("two");
  ASSERT_EQ(stream_->read(buffer_).bytes, 3U);
  // Both records were read at once; the socket has nothing more.
  char byte = 0;
  ASSERT_EQ(::recv(stream_->descriptor(), &byte, 1, MSG_PEEK), -1);
  wakeup_.lower(net::Wakeup::kReadable);
  stream_->notify_when_readable();
  EXPECT_FALSE(wakeup_.wait(net::Wakeup::kReadable).await_ready())
      << "others have their turn first";
  io_.restart();
  io_.poll();
  EXPECT_TRUE(wakeup_.wait(net::Wakeup::kReadable).await_ready());
  ASSERT_EQ(stream_->read(buffer_).bytes, 3U);
  ASSERT_EQ(stream_->read(buffer_).status, net::IoStatus::kWouldBlock);
  wakeup_.lower(net::Wakeup::kReadable);
  stream_->notify_when_readable();
  EXPECT_FALSE(wakeup_.wait(net::Wakeup::kReadable).await_ready());
}

TEST_F(TlsStreamTest, ALargeResponseWaitsForTheClientAndArrivesWhole) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  std::string sent;
  for (int i = 0; sent.size() < 3'000'000; ++i) sent += std::to_string(i) + ",";
  bool failed = false;
  EXPECT_TRUE(pump(sent, failed) == sent);
  EXPECT_FALSE(failed);
}

TEST_F(TlsStreamTest, AfterWouldBlockTheSameBytesGoOn) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  const std::string block(200'000, 'x');
  net::IoResult wrote{net::IoStatus::kOk, 0};
  std::size_t accepted = 0;
  while (wrote.status == net::IoStatus::kOk) {
    wrote = write(block, {}, net::More::kNone);
    accepted += wrote.bytes;
  }
  ASSERT_EQ(wrote.status, net::IoStatus::kWouldBlock);
  std::string got = received();
  // Now in other pieces than at the first try: one short record, and the rest.
  const std::string last = "xxxxx";
  for (std::string_view rest = block; !rest.empty();) {
    wrote = write(rest, last, net::More::kNone);
    ASSERT_TRUE(wrote.status == net::IoStatus::kOk || wrote.status == net::IoStatus::kWouldBlock);
    accepted += wrote.bytes;
    rest.remove_prefix(std::min(rest.size(), wrote.bytes));
    got += received();
  }
  got += received();
  EXPECT_EQ(got.size(), accepted);
  EXPECT_EQ(got.find_first_not_of('x'), std::string::npos);
}

TEST_F(TlsStreamTest, AFileGoesOutBehindItsHead) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  char path[] = "/tmp/tusk-tls-file-XXXXXX";
  const base::UniqueFd file(::mkstemp(path));
  ::unlink(path);
  std::string content;
  for (int i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i * 7) + "\n";
  ASSERT_EQ(::write(file.get(), content.data(), content.size()),
            static_cast<ssize_t>(content.size()));
  ASSERT_EQ(write("head;", {}, net::More::kFollows).status, net::IoStatus::kOk);
  std::string got;
  for (std::size_t at = 0; at < content.size();) {
    const net::IoResult sent = stream_->send_file(file.get(), at, content.size() - at);
    ASSERT_TRUE(sent.status == net::IoStatus::kOk || sent.status == net::IoStatus::kWouldBlock);
    at += sent.bytes;
    got += received();
  }
  got += received();
  EXPECT_TRUE(got == "head;" + content);
  EXPECT_EQ(stream_->send_file(file.get(), content.size(), 1).status, net::IoStatus::kFailed)
      << "the file is shorter";
}

TEST_F(TlsStreamTest, AGoodbyeIsToldFromACut) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  ::SSL_shutdown(client_.get());
  EXPECT_EQ(stream_->peek(), net::IoStatus::kClosed);
  EXPECT_EQ(stream_->read(buffer_).status, net::IoStatus::kClosed);
  stream_->close();
  std::array<char, 10> buffer;
  EXPECT_EQ(::SSL_read(client_.get(), buffer.data(), buffer.size()), 0);
  EXPECT_EQ(::SSL_get_error(client_.get(), 0), SSL_ERROR_ZERO_RETURN) << "we say it too";
}

// TLS 1.3 lets a client change its keys, and makes the server answer if it likes.
TEST_F(TlsStreamTest, KeysMayChangeNowAndThen) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(::SSL_key_update(client_.get(), SSL_KEY_UPDATE_REQUESTED), 1);
    send("x");
    const net::IoResult got = stream_->read(buffer_);
    ASSERT_EQ(got.status, net::IoStatus::kOk) << i;
    received();
  }
}

// Without end they would keep the loop busy inside one read.
TEST_F(TlsStreamTest, KeysThatChangeWithoutEndAreGivenUp) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  net::IoStatus status = net::IoStatus::kWouldBlock;
  int sent = 0;
  for (; sent < 1000 && status == net::IoStatus::kWouldBlock; ++sent) {
    ASSERT_EQ(::SSL_key_update(client_.get(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(::SSL_do_handshake(client_.get()), 1);
    status = stream_->read(buffer_).status;
    received();
  }
  EXPECT_EQ(status, net::IoStatus::kFailed);
  EXPECT_GT(sent, 20);
  EXPECT_LT(sent, 100);
}

// One read does not process all of the changes that have already come, either.
TEST_F(TlsStreamTest, ManyChangesAtOnceAreGivenUp) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(::SSL_key_update(client_.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(::SSL_do_handshake(client_.get()), 1);
  }
  EXPECT_EQ(stream_->read(buffer_).status, net::IoStatus::kFailed);
}

TEST_F(TlsStreamTest, ACutIsTheEndToo) {
  ASSERT_EQ(shake_hands(), net::IoStatus::kOk);
  client_end_.reset();
  EXPECT_EQ(stream_->read(buffer_).status, net::IoStatus::kClosed);
  EXPECT_EQ(write("x", {}, net::More::kNone).status, net::IoStatus::kFailed);
}

TEST_F(TlsStreamTest, HttpWithoutTlsCanBeAnsweredAsItIs) {
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(::write(client_end_.get(), kRequest.data(), kRequest.size()),
            static_cast<ssize_t>(kRequest.size()));
  EXPECT_EQ(stream_->handshake(), net::IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kPlainHttp);
  EXPECT_EQ(write("HTTP/1.1 400", {}, net::More::kNone).bytes, 12U);
  EXPECT_EQ(::read(client_end_.get(), buffer_.data(), buffer_.size()), 12);
}

TEST_F(TlsStreamTest, WhyAHandshakeFailed) {
  ::SSL_set_max_proto_version(client_.get(), TLS1_1_VERSION);
  ::SSL_set_security_level(client_.get(), 0);
  EXPECT_EQ(shake_hands(), net::IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kVersion);
}

TEST_F(TlsStreamTest, NoCipherInCommon) {
  ::SSL_set_max_proto_version(client_.get(), TLS1_2_VERSION);
  ::SSL_set_cipher_list(client_.get(), "ECDHE-ECDSA-CHACHA20-POLY1305");
  EXPECT_EQ(shake_hands(), net::IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kCipher);
}

TEST_F(TlsStreamTest, NoProtocolInCommon) {
  constexpr unsigned char kProtocols[] =
      "\x03"
      "ftp";
  ::SSL_set_alpn_protos(client_.get(), kProtocols, 4);
  EXPECT_EQ(shake_hands(), net::IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kProtocol);
}

TEST_F(TlsStreamTest, AClientThatLeavesOrTalksNonsense) {
  constexpr std::string_view kNonsense("\x16\x03\x01\x00\x05xxxxx", 10);
  ASSERT_EQ(::write(client_end_.get(), kNonsense.data(), kNonsense.size()), 10);
  EXPECT_EQ(stream_->handshake(), net::IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kOther);
  EXPECT_FALSE(stream_->failure_text().empty());
}

TEST_F(TlsStreamTest, AClientThatHasLeftGetsNoHandshake) {
  EXPECT_EQ(stream_->arrival(), net::IoStatus::kWouldBlock);
  ::SSL_connect(client_.get());
  EXPECT_EQ(stream_->arrival(), net::IoStatus::kOk);
  EXPECT_FALSE(stream_->begun());
  ::shutdown(client_end_.get(), SHUT_WR);  // no handshake can end any more
  EXPECT_EQ(stream_->handshake(), net::IoStatus::kClosed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kAbandoned);
  EXPECT_FALSE(stream_->begun());
  EXPECT_EQ(received(), "") << "nothing was computed, and nothing sent";
}

TEST_F(TlsStreamTest, HttpWithoutTlsIsAnsweredThoughNothingFollows) {
  constexpr std::string_view kRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(::write(client_end_.get(), kRequest.data(), kRequest.size()),
            static_cast<ssize_t>(kRequest.size()));
  ::shutdown(client_end_.get(), SHUT_WR);
  EXPECT_EQ(stream_->handshake(), net::IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kPlainHttp);
}

TEST_F(TlsStreamTest, AClientThatOnlyConnects) {
  client_end_.reset();
  EXPECT_EQ(stream_->handshake(), net::IoStatus::kClosed);
  EXPECT_EQ(stream_->failure(), observe::TlsFailure::kClosed);
}

}  // namespace
}  // namespace tusk::tls

// ReadGuard: bounds what a client can make OpenSSL do inside one read.
//
// OpenSSL reads on until there is data for us: records that hold none (TLS 1.3's KeyUpdate, an
// attempt to renegotiate in 1.2) are dealt with, answered, and read past, for as long as the client
// sends them. So one client could keep a loop's thread to itself. Here a read asks the socket a few
// times at most, and a client that sends such messages and no data between them is given up.
//
// Owner: a Stream. Thread: its loop.
#pragma once

#include <cstddef>

struct bio_st;
struct ssl_st;

namespace tusk::tls {

class ReadGuard {
 public:
  ReadGuard() = default;
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;

  // Once the handshake is done. The guard outlives the session.
  void watch(ssl_st* session);

  // Before each read.
  void begin() { reads_left_ = kMostReads; }
  void data_came() { messages_ = 0; }
  // The connection is to be closed.
  bool exceeded() const { return messages_ > kMostMessages; }

 private:
  // Of the socket, each as long as a record.
  static constexpr int kMostReads = 8;
  // A KeyUpdate that wants an answer is two.
  static constexpr int kMostMessages = 64;

  static long on_bio(bio_st* bio, int operation, const char* data, std::size_t length, int, long,
                     int result, std::size_t* processed);
  static void on_message(int sent, int version, int type, const void* bytes, std::size_t length,
                         ssl_st* session, void* guard);

  int reads_left_ = kMostReads;
  int messages_ = 0;  // either way, since data came
};

}  // namespace tusk::tls

// ReadGuard: limits the work that a client can cause in OpenSSL within one read.
//
// Owner: a Stream. Thread: its loop.
#pragma once

#include <cstddef>

struct bio_st;
struct ssl_st;

namespace tusk::tls {

// OpenSSL reads until it finds data for us. It processes and answers records without data
// (TLS 1.3's KeyUpdate, an attempt to renegotiate in 1.2) for as long as the client sends them, so
// one client could occupy a loop's thread. The guard limits the reads from the socket within one
// read of ours, and ends a connection whose client sends many such messages without data in
// between.
class ReadGuard {
 public:
  ReadGuard() = default;
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;

  // Called when the handshake is done. The guard must outlive the session.
  void watch(ssl_st* session);

  // Called before each read.
  void begin() { reads_left_ = kMostReads; }
  void data_came() { messages_ = 0; }
  // True: close the connection.
  bool exceeded() const { return messages_ > kMostMessages; }

 private:
  // Reads from the socket, each as long as a record.
  static constexpr int kMostReads = 8;
  // A KeyUpdate that requests an answer counts as two.
  static constexpr int kMostMessages = 64;

  static long on_bio(bio_st* bio, int operation, const char* data, std::size_t length, int, long,
                     int result, std::size_t* processed);
  static void on_message(int sent, int version, int type, const void* bytes, std::size_t length,
                         ssl_st* session, void* guard);

  int reads_left_ = kMostReads;
  int messages_ = 0;  // sent or received since the last data
};

}  // namespace tusk::tls

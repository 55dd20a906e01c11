#include "tls/read_guard.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace tusk::tls {

void ReadGuard::watch(ssl_st* session) {
  BIO* const bio = ::SSL_get_rbio(session);
  ::BIO_set_callback_ex(bio, &on_bio);
  ::BIO_set_callback_arg(bio, reinterpret_cast<char*>(this));
  ::SSL_set_msg_callback(session, &on_message);
  SSL_set_msg_callback_arg(session, this);
}

// OpenSSL calls this before and after each operation on the socket. A result before a read that is
// not positive replaces the read (BIO_set_callback(3)).
long ReadGuard::on_bio(bio_st* bio, int operation, const char*, std::size_t, int, long, int result,
                       std::size_t*) {
  if (operation != BIO_CB_READ) return result;
  ReadGuard& guard = *reinterpret_cast<ReadGuard*>(::BIO_get_callback_arg(bio));
  if (guard.exceeded() || guard.reads_left_ == 0) {
    BIO_clear_retry_flags(bio);
    if (!guard.exceeded()) BIO_set_retry_read(bio);  // report that there is nothing to read now
    return -1;
  }
  --guard.reads_left_;
  return result;
}

void ReadGuard::on_message(int, int, int type, const void*, std::size_t, ssl_st*, void* guard) {
  if (type != SSL3_RT_HANDSHAKE && type != SSL3_RT_ALERT) return;
  ++static_cast<ReadGuard*>(guard)->messages_;
}

}  // namespace tusk::tls

#include "tls/ticket_key.h"

#include <openssl/crypto.h>

namespace tusk::tls {

TicketKey::~TicketKey() {
  ::OPENSSL_cleanse(cipher.data(), cipher.size());
  ::OPENSSL_cleanse(mac.data(), mac.size());
}

}  // namespace tusk::tls

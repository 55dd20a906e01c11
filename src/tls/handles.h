// Owning handles of OpenSSL's objects, and the text of its errors. OpenSSL's headers are included
// in .cc files of this folder alone: whoever includes net/tls_*.h does not see them.
//
// Thread: any; an instance belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>

// OpenSSL's own names for its types (openssl/types.h).
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

namespace tusk::tls {

struct Delete {
  void operator()(evp_pkey_st* key) const noexcept;
  void operator()(ssl_ctx_st* context) const noexcept;
  void operator()(ssl_st* session) const noexcept;
  void operator()(x509_st* certificate) const noexcept;
};

template <class T>
using Handle = std::unique_ptr<T, Delete>;

// The first reason that OpenSSL gives for the failure of this thread's last call, and forgets the
// others.
std::string take_error();

}  // namespace tusk::tls

// Handle: an owning pointer to an object of OpenSSL. take_error(): the text of its last error.
// OpenSSL's headers are included only in .cc files of this folder, so the headers here do not
// expose them.
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

// Returns OpenSSL's first reason for the failure of this thread's last call, and clears its errors.
std::string take_error();

}  // namespace tusk::tls

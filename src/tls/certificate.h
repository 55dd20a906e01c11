// Certificate: a certificate and its key.
//
// Owner: a Context. Thread: made on any, then only read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "tls/handles.h"
#include "tls/settings.h"

namespace tusk::tls {

// A certificate with its chain, its key, and its properties.
class Certificate {
 public:
  // Reads PEM files. `warnings` receives sentences about problems that do not prevent its use.
  static base::Result<Certificate> load(const CertificateFiles& files,
                                        std::vector<std::string>& warnings);
  // Makes a certificate for localhost and its addresses, which no browser trusts. It is kept only
  // in memory.
  static base::Result<Certificate> make_self_signed();

  // The host names that it is valid for, in lower case: "example.org", "*.example.org".
  const std::vector<std::string>& names() const { return names_; }
  // RSA, EC or Ed25519. Certificates of different key types may be used for the same name.
  int key_type() const { return key_type_; }
  std::int64_t not_after() const { return not_after_; }  // seconds since 1970
  const std::string& description() const { return description_; }

  x509_st* leaf() const { return leaf_.get(); }
  evp_pkey_st* key() const { return key_.get(); }
  const std::vector<Handle<x509_st>>& chain() const { return chain_; }

  // Takes an OCSP response, in DER. False: it is not about this certificate; `why` says the reason.
  bool take_staple(const std::string& der, std::string& why, std::vector<std::string>& warnings);
  // Null: there is no OCSP response, or it has expired, which clients would treat as an error.
  const std::string* staple() const;

 private:
  void describe();

  Handle<x509_st> leaf_;
  Handle<evp_pkey_st> key_;
  std::vector<Handle<x509_st>> chain_;  // without the leaf
  std::vector<std::string> names_;
  std::string description_;
  std::string staple_;
  std::int64_t staple_until_ = 0;  // seconds since 1970
  int key_type_ = 0;
  std::int64_t not_after_ = 0;
};

// Reads a regular file of at most 1 MiB. Waits only for the file system.
base::Result<std::string> read_file(const std::string& path);

}  // namespace tusk::tls

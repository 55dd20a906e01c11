// Certificate: a certificate with its chain, its key, and what is known about it.
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

class Certificate {
 public:
  // Reads PEM files. `warnings` gets sentences about what is odd and can be used all the same.
  static base::Result<Certificate> load(const CertificateFiles& files,
                                        std::vector<std::string>& warnings);
  // A fresh one for localhost and its addresses, that no browser trusts. Kept in memory only.
  static base::Result<Certificate> make_self_signed();

  // The hosts that it is for, in lower case: "example.org", "*.example.org".
  const std::vector<std::string>& names() const { return names_; }
  // What says whether two certificates can stand side by side for one name: RSA, EC, Ed25519.
  int key_type() const { return key_type_; }
  std::int64_t not_after() const { return not_after_; }  // seconds since 1970
  const std::string& description() const { return description_; }

  x509_st* leaf() const { return leaf_.get(); }
  evp_pkey_st* key() const { return key_.get(); }
  const std::vector<Handle<x509_st>>& chain() const { return chain_; }

  // An OCSP response, in DER. False, and `why`, when it is not about this certificate.
  bool take_staple(const std::string& der, std::string& why, std::vector<std::string>& warnings);
  // Null: there is none, or its time is over. Clients take a stale one for an error.
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

// A regular file of at most 1 MiB, as a whole. Waits for nothing but the file system.
base::Result<std::string> read_file(const std::string& path);

}  // namespace tusk::tls

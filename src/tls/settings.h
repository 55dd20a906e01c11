// Settings: how to speak TLS, as plain data from the option table.
//
// Thread: any; a value.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/tls_version.h"
#include "config/choices.h"

namespace tusk::tls {

struct CertificateFiles {
  std::string certificate;  // PEM: the certificate, then those that lead to a root
  std::string key;          // PEM; may be the same file
};

using ClientAuth = config::TlsClientAuth;

struct Settings {
  // The first is for clients that name no host, or one that no certificate is for.
  std::vector<CertificateFiles> certificates;
  bool self_signed = false;  // one for this machine is made, in place of the above
  base::TlsVersion min_version = base::TlsVersion::k12;
  std::string ciphers;                  // of TLS 1.2, as OpenSSL names them
  std::vector<std::string> ocsp_files;  // DER; each belongs to the certificate that it speaks of
  ClientAuth client_auth = ClientAuth::kOff;
  std::string client_ca_file;               // PEM
  std::chrono::seconds ticket_rotation{0};  // 0: no tickets, so no session is resumed
  bool ktls = false;                        // the kernel encrypts, where it can
  bool http2 = false;                       // offered by ALPN
};

}  // namespace tusk::tls

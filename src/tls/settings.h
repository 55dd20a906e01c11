// Settings: the settings of TLS.
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
  std::string certificate;  // PEM: the certificate, then its chain to a root
  std::string key;          // PEM; may be the same file
};

using ClientAuth = config::TlsClientAuth;

// The settings of TLS, from the option table.
struct Settings {
  // The first is for clients that send no host name, or an unknown one.
  std::vector<CertificateFiles> certificates;
  bool self_signed = false;  // make one for this machine instead
  base::TlsVersion min_version = base::TlsVersion::k12;
  std::string ciphers;                  // of TLS 1.2, by OpenSSL's names
  std::vector<std::string> ocsp_files;  // DER; each is for the certificate that it names
  ClientAuth client_auth = ClientAuth::kOff;
  std::string client_ca_file;               // PEM
  std::chrono::seconds ticket_rotation{0};  // 0: no tickets, so no session is resumed
  bool ktls = false;                        // let the kernel encrypt, if it can
  bool http2 = false;                       // offer it by ALPN
};

}  // namespace tusk::tls

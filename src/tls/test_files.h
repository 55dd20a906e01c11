// TlsTestFiles: certificates for unit tests.
//
// Owner: a test. Thread: its own.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "tls/certificate.h"

namespace tusk::tls {

// Makes certificates as PEM files in a temporary directory.
class TlsTestFiles {
 public:
  std::string path(const std::string& name) const { return directory_.path(name); }

  // Writes NAME.pem and NAME.key.
  CertificateFiles make(const std::string& name) {
    CertificateFiles files{.certificate = path(name + ".pem"), .key = path(name + ".key")};
    const auto made = Certificate::make_self_signed();
    std::FILE* file = std::fopen(files.certificate.c_str(), "w");
    ::PEM_write_X509(file, made->leaf());
    std::fclose(file);
    file = std::fopen(files.key.c_str(), "w");
    ::PEM_write_PrivateKey(file, made->key(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    ::chmod(files.key.c_str(), 0600);
    return files;
  }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(path(name)) << content;
  }

 private:
  base::TestDirectory directory_;
};

// Settings whose defaults come from the option table.
inline Settings tls_test_settings() {
  Settings settings;
  settings.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  settings.ticket_rotation = std::chrono::hours(1);
  return settings;
}

}  // namespace tusk::tls

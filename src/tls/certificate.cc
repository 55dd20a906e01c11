#include "tls/certificate.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <string_view>

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "base/unique_fd.h"

namespace tusk::tls {

namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;

struct FreeBio {
  void operator()(BIO* bio) const noexcept { ::BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio bio_of(const std::string& text) {
  return Bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (::ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return ::timegm(&parts);
}

std::string date_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {text.data(), length};
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

// OpenSSL calls this to ask for a passphrase, which a server cannot do.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

base::Result<Handle<evp_pkey_st>> parse_key(const std::string& path, const std::string& pem) {
  const Bio bio = bio_of(pem);
  bool asked = false;
  ::ERR_clear_error();
  Handle<evp_pkey_st> key(
      ::PEM_read_bio_PrivateKey(bio.get(), nullptr, &refuse_passphrase, &asked));
  if (key) return key;
  const std::string reason = take_error();
  if (asked) return base::fail(path + ": the key has a passphrase; it must be without one");
  if (reason == "no start line" || pem.find("PRIVATE KEY-----") == std::string::npos) {
    return base::fail(path + ": there is no private key in it (PEM)");
  }
  return base::fail(path + ": cannot read the private key: " + reason);
}

base::Result<std::vector<Handle<x509_st>>> parse_chain(const std::string& path,
                                                       const std::string& pem) {
  const Bio bio = bio_of(pem);
  std::vector<Handle<x509_st>> chain;
  ::ERR_clear_error();
  while (X509* const next = ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(next);
  }
  const unsigned long error = ::ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM &&  //
                      ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!at_end) {
    return base::fail(path + ": cannot read certificate " + std::to_string(chain.size() + 1) +
                      " in it: " + take_error());
  }
  ::ERR_clear_error();
  if (chain.empty()) return base::fail(path + ": there is no certificate in it (PEM)");
  return chain;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* const found = static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(found); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(found, i);
    if (name->type != GEN_DNS) continue;
    names.push_back(lower({reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<std::size_t>(::ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(found);
  // The common name counts only if there is no alternative name (RFC 6125 §6.4.4).
  if (names.empty()) {
    std::array<char, 256> text{};
    const int length =
        ::X509_NAME_get_text_by_NID(::X509_get_subject_name(certificate), NID_commonName,
                                    text.data(), static_cast<int>(text.size()));
    if (length > 0) names.push_back(lower({text.data(), static_cast<std::size_t>(length)}));
  }
  return names;
}

void warn_of_dates(const std::string& path, X509* certificate, std::vector<std::string>& warnings) {
  const std::time_t now = std::time(nullptr);
  const std::int64_t from = seconds_of(::X509_get0_notBefore(certificate));
  const std::int64_t until = seconds_of(::X509_get0_notAfter(certificate));
  if (until < now) warnings.push_back(path + ": the certificate expired on " + date_text(until));
  if (from > now)
    warnings.push_back(path + ": the certificate is not valid before " + date_text(from));
}

void warn_of_mode(const std::string& path, std::vector<std::string>& warnings) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return;
  warnings.push_back(path + ": every user of this machine can read the private key; chmod o= it");
}

base::Result<void> check_regular(const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode)) return base::fail_errno(path, EISDIR);
  return base::fail(path + ": is not a regular file");
}

}  // namespace

// Opening a FIFO would wait for its writer, and opening a device may have effects. So the type is
// checked before open(), and again after it, since the file may have been replaced meanwhile.
base::Result<std::string> read_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return base::fail_errno(path, errno);
  if (auto regular = check_regular(path, status); !regular) return std::unexpected(regular.error());
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd || ::fstat(fd.get(), &status) != 0) return base::fail_errno(path, errno);
  if (auto regular = check_regular(path, status); !regular) return std::unexpected(regular.error());
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::fail_errno(path, errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) return base::fail(path + ": is larger than 1 MiB");
  }
}

base::Result<Certificate> Certificate::load(const CertificateFiles& files,
                                            std::vector<std::string>& warnings) {
  base::Result<std::string> pem = read_file(files.certificate);
  if (!pem) return std::unexpected(pem.error());
  auto chain = parse_chain(files.certificate, *pem);
  if (!chain) return std::unexpected(chain.error());
  base::Result<std::string> key_pem = read_file(files.key);
  if (!key_pem) return std::unexpected(key_pem.error());
  auto key = parse_key(files.key, *key_pem);
  if (!key) return std::unexpected(key.error());

  Certificate result;
  result.leaf_ = std::move(chain->front());
  result.key_ = std::move(*key);
  if (::X509_check_private_key(result.leaf_.get(), result.key_.get()) != 1) {
    ::ERR_clear_error();
    return base::fail("the key in " + files.key + " does not belong to the certificate in " +
                      files.certificate);
  }
  result.chain_.assign(std::make_move_iterator(chain->begin() + 1),
                       std::make_move_iterator(chain->end()));
  warn_of_dates(files.certificate, result.leaf_.get(), warnings);
  warn_of_mode(files.key, warnings);
  result.describe();
  return result;
}

void Certificate::describe() {
  names_ = names_of(leaf_.get());
  key_type_ = ::EVP_PKEY_get_base_id(key_.get());
  not_after_ = seconds_of(::X509_get0_notAfter(leaf_.get()));
  description_ = names_.empty() ? "a certificate without a name" : names_.front();
  if (names_.size() > 1) description_ += " and " + std::to_string(names_.size() - 1) + " more";
  const char* const type = ::EVP_PKEY_get0_type_name(key_.get());
  if (type != nullptr) description_.append(" (").append(type).append(")");
}

// --- the self-signed certificate ---

namespace {

constexpr long kSelfSignedSeconds = 365L * 24 * 3600;

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  if (extension == nullptr) return false;
  const bool added = ::X509_add_ext(certificate, extension, -1) == 1;
  ::X509_EXTENSION_free(extension);
  return added;
}

bool fill_self_signed(X509* certificate, EVP_PKEY* key) {
  constexpr std::string_view kName = "localhost";
  std::uint64_t serial = 0;
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  X509_NAME* const name = ::X509_get_subject_name(certificate);
  return ::X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate), serial >> 1) == 1 &&
         ::X509_gmtime_adj(::X509_getm_notBefore(certificate), -3600) != nullptr &&
         ::X509_gmtime_adj(::X509_getm_notAfter(certificate), kSelfSignedSeconds) != nullptr &&
         ::X509_set_pubkey(certificate, key) == 1 &&
         ::X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(kName.data()),
                                      static_cast<int>(kName.size()), -1, 0) == 1 &&
         ::X509_set_issuer_name(certificate, name) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_alt_name,
                       "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1") &&
         ::X509_sign(certificate, key, ::EVP_sha256()) > 0;
}

}  // namespace

base::Result<Certificate> Certificate::make_self_signed() {
  Certificate result;
  result.key_.reset(::EVP_EC_gen("P-256"));
  result.leaf_.reset(::X509_new());
  if (!result.key_ || !result.leaf_ || !fill_self_signed(result.leaf_.get(), result.key_.get())) {
    return base::fail("cannot make a self-signed certificate: " + take_error());
  }
  result.describe();
  return result;
}

}  // namespace tusk::tls

// Certificate: the stapled OCSP response (RFC 6066 §8).

#include <ctime>
#include <limits>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "tls/certificate.h"

namespace tusk::tls {

namespace {

struct FreeOcsp {
  void operator()(OCSP_RESPONSE* response) const noexcept { ::OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* basic) const noexcept { ::OCSP_BASICRESP_free(basic); }
  void operator()(OCSP_CERTID* id) const noexcept { ::OCSP_CERTID_free(id); }
};
template <class T>
using Ocsp = std::unique_ptr<T, FreeOcsp>;

// OCSP identifies a certificate by its issuer and serial number.
bool is_about(const OCSP_SINGLERESP* single, X509* leaf, X509* issuer) {
  const OCSP_CERTID* const id = ::OCSP_SINGLERESP_get0_id(single);
  ASN1_OBJECT* digest = nullptr;
  ASN1_INTEGER* serial = nullptr;
  ::OCSP_id_get0_info(nullptr, &digest, nullptr, &serial, const_cast<OCSP_CERTID*>(id));
  if (::ASN1_INTEGER_cmp(serial, ::X509_get0_serialNumber(leaf)) != 0) return false;
  if (issuer == nullptr) return true;  // only the serial number can be compared
  const EVP_MD* const md = ::EVP_get_digestbyobj(digest);
  if (md == nullptr) return false;
  const Ocsp<OCSP_CERTID> own(::OCSP_cert_to_id(md, leaf, issuer));
  return own != nullptr && ::OCSP_id_cmp(own.get(), id) == 0;
}

}  // namespace

bool Certificate::take_staple(const std::string& der, std::string& why,
                              std::vector<std::string>& warnings) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Ocsp<OCSP_RESPONSE> response(
      ::d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr) {
    ::ERR_clear_error();
    why = "is not an OCSP response (DER)";
    return false;
  }
  const int status = ::OCSP_response_status(response.get());
  const Ocsp<OCSP_BASICRESP> basic(::OCSP_response_get1_basic(response.get()));
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL || basic == nullptr) {
    ::ERR_clear_error();
    why = std::string("says only: ") + ::OCSP_response_status_str(status);
    return false;
  }
  X509* const issuer = chain_.empty() ? nullptr : chain_.front().get();
  for (int i = 0; i < ::OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* const single = ::OCSP_resp_get0(basic.get(), i);
    if (!is_about(single, leaf_.get(), issuer)) continue;
    ASN1_GENERALIZEDTIME* next_update = nullptr;
    const int verdict = ::OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &next_update);
    if (verdict == V_OCSP_CERTSTATUS_REVOKED) {
      warnings.push_back("the OCSP response says that the certificate of " + description_ +
                         " is revoked");
    }
    std::tm parts{};
    const bool has_end = next_update != nullptr && ::ASN1_TIME_to_tm(next_update, &parts) == 1;
    staple_until_ = has_end ? ::timegm(&parts) : std::numeric_limits<std::int64_t>::max();
    staple_ = der;
    if (staple() == nullptr) {
      warnings.push_back("the OCSP response for " + description_ +
                         " is out of date and is not sent");
    }
    return true;
  }
  why = "is not about the certificate";
  return false;
}

const std::string* Certificate::staple() const {
  return !staple_.empty() && std::time(nullptr) < staple_until_ ? &staple_ : nullptr;
}

}  // namespace tusk::tls

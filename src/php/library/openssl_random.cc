#include "php/library/openssl_random.h"

#include <array>
#include <cstddef>

#include <dlfcn.h>

namespace tusk::php::library {

namespace {

// OSSL_PARAM of OpenSSL 3 (OSSL_PARAM(3)). Its headers are tls/'s: PHP brings the library.
struct Parameter {
  const char* key;
  unsigned int type;
  void* data;
  std::size_t bytes;
  std::size_t returned;
};
constexpr unsigned int kUnsignedInteger = 2;  // OSSL_PARAM_UNSIGNED_INTEGER

}  // namespace

void reseed_openssl_each_time() noexcept {
  void* const library = ::dlopen("libcrypto.so.3", RTLD_NOLOAD | RTLD_NOW);
  if (library == nullptr) return;
  using Generator = void* (*)(void*);
  using SetParameters = int (*)(void*, const Parameter*);
  const auto set = reinterpret_cast<SetParameters>(::dlsym(library, "EVP_RAND_CTX_set_params"));
  unsigned int uses = 1;
  // EVP_RAND-CTR-DRBG(7)
  const std::array<Parameter, 2> parameters{Parameter{.key = "reseed_requests",
                                                      .type = kUnsignedInteger,
                                                      .data = &uses,
                                                      .bytes = sizeof uses,
                                                      .returned = static_cast<std::size_t>(-1)},
                                            Parameter{}};
  for (const char* const name : {"RAND_get0_primary", "RAND_get0_public", "RAND_get0_private"}) {
    const auto generator = reinterpret_cast<Generator>(::dlsym(library, name));
    void* const context = generator != nullptr ? generator(nullptr) : nullptr;
    if (context != nullptr && set != nullptr) (void)set(context, parameters.data());
  }
  // It stays loaded.
}

}  // namespace tusk::php::library

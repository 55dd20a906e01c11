// OpenSSL's random numbers in a process whose memory goes back.
//
// Thread: the only one of its process.
#pragma once

namespace tusk::php::library {

// OpenSSL's generators are memory, and would give each request the same numbers. From now on they
// take new ones from the kernel before each use. Does nothing where the library is not loaded.
void reseed_openssl_each_time() noexcept;

}  // namespace tusk::php::library

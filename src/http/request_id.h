// RequestId: the id by which people find a request in every log.
//
// Thread: any; a value.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tusk::http {

// An id that the server has made has 32 hex digits. It is computed from the request's number and a
// random key of the process whenever it is needed: a request that nothing asks for its id pays
// nothing, and no system call, lock or memory is needed.
class RequestId {
 public:
  static constexpr std::size_t kMaxBytes = 128;

  // Whether a proxy's text may be used as an id: not empty, at most kMaxBytes, and only letters,
  // digits and - _ . : / + = @ ~ , so that it needs no escaping anywhere.
  static bool is_valid(std::string_view text);

  // `text` must be valid, or empty for none.
  static RequestId given(std::string_view text);
  static RequestId made_for(std::uint64_t request_number);

  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kMaxBytes> bytes_;
  std::uint8_t size_ = 0;
};

// What RequestId::made_for() makes ids with. A process that works for another one takes that one's,
// before it makes any id.
using RequestIdKeys = std::array<std::uint64_t, 4>;
RequestIdKeys request_id_keys();
void take_request_id_keys(const RequestIdKeys& keys);

// A number that looks random and belongs to one request of one process: 64 bits that nobody can
// guess who does not know the process's key. Each purpose has a `lane` of its own.
std::uint64_t random_bits_of(std::uint64_t request_number, unsigned lane);

// Writes 16 hex digits.
void write_hex(std::uint64_t number, char* out);

}  // namespace tusk::http

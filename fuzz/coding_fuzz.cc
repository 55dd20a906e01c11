// Encoder: for any data in any pieces, with flushes anywhere, a decoder returns the data, and after
// a flush all data so far; the same for a whole body. An abandoned body leaves nothing behind.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/coding/encoder.h"
#include "http/coding/test_decoder.h"

namespace {

using tusk::http::ContentCoding;
using tusk::http::coding::Encoder;

// Splits the input into actions and their bytes.
class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool done() const { return rest_.empty(); }
  std::uint8_t number() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // Up to 255 bytes, some of them repeated many times: encoders handle long matches on separate
  // code paths.
  std::string piece() {
    const std::size_t length = number();
    const std::size_t times = number() % 8 == 0 ? std::size_t{number()} * 16 : 1;
    const std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(bytes.size());
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += bytes;
    return text;
  }

 private:
  std::string_view rest_;
};

ContentCoding coding_of(unsigned number) {
  constexpr ContentCoding kCodings[] = {ContentCoding::kGzip, ContentCoding::kBrotli,
                                        ContentCoding::kZstd};
  return kCodings[number % 3];
}

void in_pieces(Script& script, Encoder& encoder, ContentCoding coding) {
  std::string expected;
  std::string out;
  TUSK_CHECK(encoder.begin(coding));
  while (!script.done()) {
    const unsigned step = script.number() % 8;
    if (step == 0) {
      TUSK_CHECK(encoder.flush(out));
      TUSK_CHECK(tusk::http::coding::decoded_prefix(coding, out) == expected);
    } else if (step == 1) {
      break;
    } else {
      const std::string piece = script.piece();
      expected += piece;
      TUSK_CHECK(encoder.append(piece, out));
    }
  }
  if (script.number() % 8 == 7) return;  // given up
  TUSK_CHECK(encoder.finish(out));
  TUSK_CHECK(tusk::http::coding::decoded(coding, out) == expected);
}

void whole(Script& script, Encoder& encoder, ContentCoding coding) {
  std::string body;
  for (unsigned pieces = script.number() % 8; pieces > 0 && !script.done(); --pieces) {
    body += script.piece();
  }
  std::string out;
  TUSK_CHECK(encoder.encode(coding, body, out));
  TUSK_CHECK(tusk::http::coding::decoded(coding, out) == body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(data, size);
  const int level = script.number();
  Encoder encoder({1 + level % 9, level % 10, 1 + level % 12});
  // One encoder for several bodies, as the server uses it.
  for (int bodies = 0; bodies < 4 && !script.done(); ++bodies) {
    const unsigned choice = script.number();
    if (choice % 2 == 0) {
      in_pieces(script, encoder, coding_of(choice / 2));
    } else {
      whole(script, encoder, coding_of(choice / 2));
    }
  }
  return 0;
}

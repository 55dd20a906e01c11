// BrotliStream: Brotli (RFC 7932).
//
// Owner: an Encoder. Thread: the encoder's.
#pragma once

#include <memory>

#include <brotli/encode.h>

#include "http/coding/block_cache.h"
#include "http/coding/coding_stream.h"

namespace tusk::http::coding {

// Encodes bodies with Brotli. The library's encoder state cannot be reused, but its memory can,
// through a BlockCache.
class BrotliStream final : public CodingStream {
 public:
  explicit BrotliStream(int level) : level_(level) {}

  bool encode(std::string_view whole, std::string& out) override;
  bool begin() override;
  bool write(std::string_view piece, Step step, std::string& out) override;

 private:
  struct Free {
    void operator()(BrotliEncoderState* state) const { ::BrotliEncoderDestroyInstance(state); }
  };

  bool prepare(int window_log, std::size_t size_hint);

  const int level_;
  BlockCache memory_;
  std::unique_ptr<BrotliEncoderState, Free>
      state_;  // destroyed before memory_, which it frees into
};

}  // namespace tusk::http::coding

// ZstdStream: Zstandard (RFC 8878).
//
// Owner: an Encoder. Thread: the encoder's.
#pragma once

#include <memory>

#include <zstd.h>

#include "http/coding/coding_stream.h"

namespace tusk::http::coding {

// Encodes bodies with Zstandard. Windows stay below the 8 MB that a client must support (RFC 9659
// §3). The working memory is kept; zstd itself frees it when only one large body needed it.
class ZstdStream final : public CodingStream {
 public:
  explicit ZstdStream(int level) : level_(level) {}

  bool encode(std::string_view whole, std::string& out) override;
  bool begin() override;
  bool write(std::string_view piece, Step step, std::string& out) override;

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };

  bool prepare(int window_log);

  const int level_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
};

}  // namespace tusk::http::coding

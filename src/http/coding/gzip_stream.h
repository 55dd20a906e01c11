// GzipStream: gzip (RFC 1952).
//
// Owner: an Encoder. Thread: the encoder's.
#pragma once

#include <memory>

#include <libdeflate.h>
#include <zlib.h>

#include "http/coding/coding_stream.h"

namespace tusk::http::coding {

// Encodes whole bodies by libdeflate, and bodies in pieces by zlib.
//
// libdeflate takes half of zlib's time for the same size, but encodes only whole bodies. Both have
// the same levels. After first use each keeps 0.3 MB (the state of one level).
class GzipStream final : public CodingStream {
 public:
  explicit GzipStream(int level) : level_(level) {}
  ~GzipStream() override;
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  bool encode(std::string_view whole, std::string& out) override;
  bool begin() override;
  bool write(std::string_view piece, Step step, std::string& out) override;

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const {
      libdeflate_free_compressor(compressor);
    }
  };

  const int level_;
  std::unique_ptr<libdeflate_compressor, Free> whole_;
  z_stream pieces_{};
  bool has_pieces_ = false;
};

}  // namespace tusk::http::coding

#include "http/coding/encoder.h"

#include "http/coding/brotli_stream.h"
#include "http/coding/gzip_stream.h"
#include "http/coding/zstd_stream.h"

namespace tusk::http::coding {

CodingStream* Encoder::stream_of(ContentCoding coding) {
  std::unique_ptr<CodingStream>& stream = streams_[static_cast<std::size_t>(coding)];
  if (stream) return stream.get();
  switch (coding) {
    case ContentCoding::kIdentity:
      break;
    case ContentCoding::kGzip:
      stream = std::make_unique<GzipStream>(levels_.gzip);
      break;
    case ContentCoding::kBrotli:
      stream = std::make_unique<BrotliStream>(levels_.brotli);
      break;
    case ContentCoding::kZstd:
      stream = std::make_unique<ZstdStream>(levels_.zstd);
      break;
  }
  return stream.get();
}

bool Encoder::encode(ContentCoding coding, std::string_view whole, std::string& out) {
  current_ = nullptr;
  CodingStream* const stream = stream_of(coding);
  return stream != nullptr && stream->encode(whole, out);
}

bool Encoder::begin(ContentCoding coding) {
  current_ = stream_of(coding);
  if (current_ != nullptr && !current_->begin()) current_ = nullptr;
  return current_ != nullptr;
}

bool Encoder::finish(std::string& out) {
  const bool finished = write({}, Step::kFinish, out);
  current_ = nullptr;
  return finished;
}

}  // namespace tusk::http::coding

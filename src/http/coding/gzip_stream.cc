#include "http/coding/gzip_stream.h"

#include <limits>

namespace tusk::http::coding {

namespace {

// The largest window, plus 16 for gzip's header and trailer (zlib.h, deflateInit2).
constexpr int kWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default

constexpr int mode_of(Step step) {
  switch (step) {
    case Step::kAppend:
      return Z_NO_FLUSH;
    case Step::kFlush:
      return Z_SYNC_FLUSH;
    case Step::kFinish:
      return Z_FINISH;
  }
  return Z_FINISH;
}

}  // namespace

GzipStream::~GzipStream() {
  if (has_pieces_) ::deflateEnd(&pieces_);
}

bool GzipStream::encode(std::string_view whole, std::string& out) {
  if (!whole_) whole_.reset(::libdeflate_alloc_compressor(level_));
  if (!whole_) return false;
  std::size_t written = 0;
  const std::size_t bound = ::libdeflate_gzip_compress_bound(whole_.get(), whole.size());
  append_to(out, bound, [&](char* room, std::size_t size) {
    written = ::libdeflate_gzip_compress(whole_.get(), whole.data(), whole.size(), room, size);
    return written;
  });
  return written > 0;
}

bool GzipStream::begin() {
  if (has_pieces_) return ::deflateReset(&pieces_) == Z_OK;
  has_pieces_ = ::deflateInit2(&pieces_, level_, Z_DEFLATED, kWindowBits, kMemoryLevel,
                               Z_DEFAULT_STRATEGY) == Z_OK;
  return has_pieces_;
}

bool GzipStream::write(std::string_view piece, Step step, std::string& out) {
  // zlib counts in 32 bits.
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max() / 2;
  while (piece.size() > kMost) {
    if (!write(piece.substr(0, kMost), Step::kAppend, out)) return false;
    piece.remove_prefix(kMost);
  }
  pieces_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  pieces_.avail_in = static_cast<uInt>(piece.size());
  int result = Z_OK;
  do {
    append_to(out, kOutputRoom, [&](char* room, std::size_t size) {
      pieces_.next_out = reinterpret_cast<Bytef*>(room);
      pieces_.avail_out = static_cast<uInt>(std::min(size, kMost));
      const uInt before = pieces_.avail_out;
      result = ::deflate(&pieces_, mode_of(step));
      return std::size_t{before - pieces_.avail_out};
    });
    // Z_BUF_ERROR: nothing was left to do, as after a flush that filled its room exactly.
  } while (result == Z_OK && pieces_.avail_out == 0);
  return step == Step::kFinish ? result == Z_STREAM_END : result == Z_OK || result == Z_BUF_ERROR;
}

}  // namespace tusk::http::coding

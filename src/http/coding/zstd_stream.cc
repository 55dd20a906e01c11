#include "http/coding/zstd_stream.h"

namespace tusk::http::coding {

namespace {

// Limit of the window for whole bodies, which is never larger than the body.
constexpr int kLargestWindowLog = 21;
// Window for a body in pieces, whose size is unknown. A larger one would gain little for streamed
// text, and both sides have to keep it.
constexpr int kStreamWindowLog = 18;

constexpr ZSTD_EndDirective directive_of(Step step) {
  switch (step) {
    case Step::kAppend:
      return ZSTD_e_continue;
    case Step::kFlush:
      return ZSTD_e_flush;
    case Step::kFinish:
      return ZSTD_e_end;
  }
  return ZSTD_e_end;
}

}  // namespace

bool ZstdStream::prepare(int window_log) {
  if (!context_) context_.reset(::ZSTD_createCCtx());
  if (!context_) return false;
  ZSTD_CCtx* const context = context_.get();
  ::ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
  return ZSTD_isError(::ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level_)) == 0 &&
         ZSTD_isError(::ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log)) == 0;
}

bool ZstdStream::encode(std::string_view whole, std::string& out) {
  // 0 lets zstd choose by level and size; only from level 17 on it chooses more than our limit.
  const bool small = whole.size() <= std::size_t{1} << kLargestWindowLog;
  if (!prepare(small ? 0 : kLargestWindowLog)) return false;
  std::size_t result = 0;
  append_to(out, ::ZSTD_compressBound(whole.size()), [&](char* room, std::size_t size) {
    result = ::ZSTD_compress2(context_.get(), room, size, whole.data(), whole.size());
    return ::ZSTD_isError(result) != 0 ? 0 : result;
  });
  return ::ZSTD_isError(result) == 0;
}

bool ZstdStream::begin() { return prepare(kStreamWindowLog); }

bool ZstdStream::write(std::string_view piece, Step step, std::string& out) {
  ZSTD_inBuffer input{piece.data(), piece.size(), 0};
  for (;;) {
    std::size_t left = 0;
    append_to(out, kOutputRoom, [&](char* room, std::size_t size) {
      ZSTD_outBuffer output{room, size, 0};
      left = ::ZSTD_compressStream2(context_.get(), &output, &input, directive_of(step));
      return output.pos;
    });
    if (::ZSTD_isError(left) != 0) return false;
    // kAppend only has to consume its piece; the others end when nothing is left inside.
    if (input.pos == input.size && (step == Step::kAppend || left == 0)) return true;
  }
}

}  // namespace tusk::http::coding

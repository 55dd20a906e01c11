#include "http/coding/brotli_stream.h"

#include <bit>

namespace tusk::http::coding {

namespace {

// The window is as small as the body allows, because it costs memory on both sides. The range is
// from the need of a page to 1 MB, beyond which text hardly gets smaller.
constexpr int kSmallestWindowLog = 14;
constexpr int kLargestWindowLog = 20;
constexpr int kStreamWindowLog = 18;

int window_log(std::size_t size) {
  // A window holds 16 bytes less than its size (RFC 7932 §9.1).
  return std::clamp(static_cast<int>(std::bit_width(size + 16)), kSmallestWindowLog,
                    kLargestWindowLog);
}

constexpr BrotliEncoderOperation operation_of(Step step) {
  switch (step) {
    case Step::kAppend:
      return BROTLI_OPERATION_PROCESS;
    case Step::kFlush:
      return BROTLI_OPERATION_FLUSH;
    case Step::kFinish:
      return BROTLI_OPERATION_FINISH;
  }
  return BROTLI_OPERATION_FINISH;
}

void* take(void* cache, std::size_t size) { return static_cast<BlockCache*>(cache)->take(size); }
void give_back(void* cache, void* block) { static_cast<BlockCache*>(cache)->give_back(block); }

}  // namespace

bool BrotliStream::prepare(int window_log, std::size_t size_hint) {
  state_.reset();
  state_.reset(::BrotliEncoderCreateInstance(take, give_back, &memory_));
  if (!state_) return false;
  const auto set = [this](BrotliEncoderParameter parameter, std::size_t value) {
    ::BrotliEncoderSetParameter(state_.get(), parameter, static_cast<std::uint32_t>(value));
  };
  set(BROTLI_PARAM_QUALITY, static_cast<std::size_t>(level_));
  set(BROTLI_PARAM_LGWIN, static_cast<std::size_t>(window_log));
  set(BROTLI_PARAM_SIZE_HINT, std::min(size_hint, std::size_t{1} << 30));
  return true;
}

bool BrotliStream::encode(std::string_view whole, std::string& out) {
  if (!prepare(window_log(whole.size()), whole.size())) return false;
  const std::size_t bound = ::BrotliEncoderMaxCompressedSize(whole.size());
  out.reserve(out.size() + bound);
  const bool encoded = write(whole, Step::kFinish, out);
  state_.reset();
  return encoded;
}

bool BrotliStream::begin() { return prepare(kStreamWindowLog, 0); }

bool BrotliStream::write(std::string_view piece, Step step, std::string& out) {
  std::size_t left = piece.size();
  const auto* next = reinterpret_cast<const std::uint8_t*>(piece.data());
  BROTLI_BOOL well = BROTLI_TRUE;
  do {
    append_to(out, kOutputRoom, [&](char* room, std::size_t size) {
      std::size_t free = size;
      auto* place = reinterpret_cast<std::uint8_t*>(room);
      well = ::BrotliEncoderCompressStream(state_.get(), operation_of(step), &left, &next, &free,
                                           &place, nullptr);
      return size - free;
    });
  } while (well && (left > 0 || ::BrotliEncoderHasMoreOutput(state_.get())));
  return well == BROTLI_TRUE;
}

}  // namespace tusk::http::coding

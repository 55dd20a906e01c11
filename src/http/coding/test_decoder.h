// Decodes bodies as a client would. For tests and fuzzers only.
//
// Pure. Thread: any. decoded() returns nothing if the body is damaged or incomplete;
// decoded_prefix() decodes a prefix that ends at a flush point.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "http/accept_encoding.h"

namespace tusk::http::coding {

struct Decoded {
  std::string text;
  bool ended = false;
};

inline std::optional<Decoded> decode_gzip(std::string_view body) {
  Decoded decoded;
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int result = Z_OK;
  char room[4096];
  do {
    stream.next_out = reinterpret_cast<Bytef*>(room);
    stream.avail_out = sizeof room;
    result = ::inflate(&stream, Z_NO_FLUSH);
    decoded.text.append(room, sizeof room - stream.avail_out);
  } while (result == Z_OK);
  const bool all_read = stream.avail_in == 0;
  ::inflateEnd(&stream);
  decoded.ended = result == Z_STREAM_END;
  if (!all_read || (result != Z_STREAM_END && result != Z_BUF_ERROR)) return std::nullopt;
  return decoded;
}

inline std::optional<Decoded> decode_brotli(std::string_view body) {
  Decoded decoded;
  BrotliDecoderState* const state = ::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  std::size_t left = body.size();
  const auto* next = reinterpret_cast<const std::uint8_t*>(body.data());
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  char room[4096];
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT || ::BrotliDecoderHasMoreOutput(state)) {
    std::size_t free = sizeof room;
    auto* place = reinterpret_cast<std::uint8_t*>(room);
    result = ::BrotliDecoderDecompressStream(state, &left, &next, &free, &place, nullptr);
    decoded.text.append(room, sizeof room - free);
  }
  ::BrotliDecoderDestroyInstance(state);
  decoded.ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  if (left > 0 || result == BROTLI_DECODER_RESULT_ERROR) return std::nullopt;
  return decoded;
}

inline std::optional<Decoded> decode_zstd(std::string_view body) {
  Decoded decoded;
  ZSTD_DStream* const stream = ::ZSTD_createDStream();
  ZSTD_inBuffer input{body.data(), body.size(), 0};
  std::size_t result = 1;
  char room[4096];
  for (;;) {
    ZSTD_outBuffer output{room, sizeof room, 0};
    result = ::ZSTD_decompressStream(stream, &output, &input);
    if (::ZSTD_isError(result) != 0) break;
    decoded.text.append(room, output.pos);
    if (result == 0 || (input.pos == input.size && output.pos < output.size)) break;
  }
  ::ZSTD_freeDStream(stream);
  decoded.ended = result == 0;
  if (::ZSTD_isError(result) != 0 || input.pos < input.size) return std::nullopt;
  return decoded;
}

inline std::optional<Decoded> decode(ContentCoding coding, std::string_view body) {
  switch (coding) {
    case ContentCoding::kGzip:
      return decode_gzip(body);
    case ContentCoding::kBrotli:
      return decode_brotli(body);
    case ContentCoding::kZstd:
      return decode_zstd(body);
    case ContentCoding::kIdentity:
      break;
  }
  return Decoded{std::string(body), true};
}

inline std::optional<std::string> decoded(ContentCoding coding, std::string_view body) {
  auto result = decode(coding, body);
  if (!result || !result->ended) return std::nullopt;
  return std::move(result->text);
}

inline std::optional<std::string> decoded_prefix(ContentCoding coding, std::string_view body) {
  auto result = decode(coding, body);
  if (!result || result->ended) return std::nullopt;
  return std::move(result->text);
}

}  // namespace tusk::http::coding

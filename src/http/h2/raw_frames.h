// HTTP/2 frames as bytes, for tests: also those that no client library would send.
//
// Pure functions. Thread: any. Tests only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace tusk::http::h2::raw {

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
enum Flag : std::uint8_t { kNone = 0, kEndStream = 1, kAck = 1, kEndHeaders = 4 };

inline std::string number(std::uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU));
  }
  return out;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t id,
                         std::string_view payload) {
  std::string out = number(static_cast<std::uint32_t>(payload.size()), 3);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  out.append(number(static_cast<std::uint32_t>(id), 4));
  return out.append(payload);
}

// RFC 7541 §5.1, §5.2: a string with a 7-bit length prefix, without Huffman coding.
inline std::string hpack_string(std::string_view text) {
  std::string out;
  std::size_t length = text.size();
  if (length < 127) {
    out.push_back(static_cast<char>(length));
  } else {
    out.push_back(127);
    for (length -= 127; length >= 128; length /= 128) {
      out.push_back(static_cast<char>(128 + length % 128));
    }
    out.push_back(static_cast<char>(length));
  }
  return out.append(text);
}

// A literal field without indexing (§6.2.2), or one that is added to the dynamic table (§6.2.1).
enum class Indexing : std::uint8_t { kNone, kIncremental };
inline std::string field(std::string_view name, std::string_view value,
                         Indexing indexing = Indexing::kNone) {
  return std::string(1, indexing == Indexing::kIncremental ? '\x40' : '\0') + hpack_string(name) +
         hpack_string(value);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string block(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out.append(field(name, value));
  return out;
}

inline Fields get(std::string_view path = "/") {
  return {{":method", "GET"},
          {":scheme", "http"},
          {":path", std::string(path)},
          {":authority", "example.org"}};
}

// Whether a body follows the fields.
enum class Body : std::uint8_t { kNone, kFollows };
inline std::string headers(std::int32_t id, const Fields& fields, Body body = Body::kNone) {
  const std::uint8_t end = body == Body::kNone ? kEndStream : kNone;
  return frame(kHeaders, static_cast<std::uint8_t>(kEndHeaders | end), id, block(fields));
}

inline std::string settings(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries) {
  std::string payload;
  for (const auto& [id, value] : entries) payload.append(number(id, 2)).append(number(value, 4));
  return frame(kSettings, kNone, 0, payload);
}

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::int32_t id = 0;
  std::string payload;

  bool ends_stream() const { return (flags & kEndStream) != 0; }
  std::uint32_t code() const {  // of RST_STREAM or GOAWAY: its last number
    std::uint32_t value = 0;
    const std::size_t at = type == kGoaway ? 4 : 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i) {
      value = value << 8U | static_cast<std::uint8_t>(payload[i]);
    }
    return value;
  }
};

// Parses whole frames. Left-over bytes are an error, shown as a frame of type 255.
inline std::vector<Frame> parse(std::string_view bytes) {
  std::vector<Frame> frames;
  const auto byte = [&bytes](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at]));
  };
  while (!bytes.empty()) {
    if (bytes.size() < 9) return frames.push_back({255, 0, 0, std::string(bytes)}), frames;
    const std::size_t length = byte(0) << 16U | byte(1) << 8U | byte(2);
    if (bytes.size() < 9 + length) return frames.push_back({255, 0, 0, std::string(bytes)}), frames;
    frames.push_back(
        {static_cast<std::uint8_t>(byte(3)), static_cast<std::uint8_t>(byte(4)),
         static_cast<std::int32_t>(byte(5) << 24U | byte(6) << 16U | byte(7) << 8U | byte(8)),
         std::string(bytes.substr(9, length))});
    bytes.remove_prefix(9 + length);
  }
  return frames;
}

// Decodes HPACK over the header blocks of a connection.
class Inflater {
 public:
  Inflater() { nghttp2_hd_inflate_new(&inflater_); }
  ~Inflater() { nghttp2_hd_inflate_del(inflater_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Fields operator()(const std::string& payload) {
    Fields fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(payload.data());
    const std::uint8_t* const end = at + payload.size();
    for (;;) {
      nghttp2_nv pair{};
      int flags = 0;
      const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_, &pair, &flags, at,
                                                   static_cast<std::size_t>(end - at), 1);
      if (taken < 0) return {{"inflate", "failed"}};
      at += taken;
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.emplace_back(std::string(reinterpret_cast<char*>(pair.name), pair.namelen),
                            std::string(reinterpret_cast<char*>(pair.value), pair.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
      if (taken == 0 && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return fields;
  }

 private:
  nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace tusk::http::h2::raw

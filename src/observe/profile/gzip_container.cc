#include "observe/profile/gzip_container.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tusk::observe::profile {

namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) * 0xEDB88320U);
    table[i] = value;
  }
  return table;
}

std::uint32_t crc32(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  }
  return ~crc;
}

void append_little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFFU));
}

}  // namespace

std::string gzip_container(std::string_view bytes) {
  // Deflate, no flags, no time, no extra flags, unknown system.
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  const std::uint32_t crc = crc32(bytes);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  // Stored blocks (RFC 1951 §3.2.4).
  constexpr std::size_t kMostInBlock = 0xFFFF;
  do {
    const std::string_view block = bytes.substr(0, kMostInBlock);
    bytes.remove_prefix(block.size());
    out.push_back(bytes.empty() ? '\x01' : '\0');
    append_little_endian(out, static_cast<std::uint32_t>(block.size()), 2);
    append_little_endian(out, ~static_cast<std::uint32_t>(block.size()), 2);
    out.append(block);
  } while (!bytes.empty());
  append_little_endian(out, crc, 4);
  append_little_endian(out, size, 4);
  return out;
}

}  // namespace tusk::observe::profile

#include "http/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace tusk::http {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kTextStart = "PROXY ";
constexpr std::string_view kBinaryStart = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kBinaryFixedBytes = 16;

constexpr std::uint8_t kCommandLocal = 0x20;  // the upper half is the version: 2
constexpr std::uint8_t kCommandProxy = 0x21;

ProxyHeader invalid(std::string_view reason) {
  return {.status = ProxyHeader::Status::kInvalid, .addresses = {}, .reason = reason};
}

ProxyHeader complete(std::size_t length, std::optional<ProxyAddresses> addresses = {}) {
  return {.status = ProxyHeader::Status::kComplete,
          .length = length,
          .addresses = addresses,
          .reason = {}};
}

// §2.1: a decimal number without a leading zero.
bool read_port(std::string_view text, std::uint16_t& port) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_address(std::string_view text, bool v4, base::IpAddress& address) {
  const bool written_as_v6 = text.find(':') != std::string_view::npos;
  if (written_as_v6 == v4) return false;
  const std::optional<base::IpAddress> parsed = base::parse_ip(text);
  if (parsed) address = *parsed;
  return parsed.has_value();
}

// Parses the text between "PROXY " and CRLF.
ProxyHeader parse_text_line(std::string_view line, std::size_t length) {
  const std::string_view family = line.substr(0, line.find(' '));
  if (family == "UNKNOWN") return complete(length);  // the rest of the line must be ignored
  if (family != "TCP4" && family != "TCP6") return invalid("unknown protocol in a PROXY header");
  std::array<std::string_view, 4> words;
  std::string_view rest = line.substr(family.size());
  for (std::string_view& word : words) {
    if (!rest.starts_with(' ')) return invalid("too few addresses in a PROXY header");
    rest.remove_prefix(1);
    word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
  }
  const bool v4 = family == "TCP4";
  ProxyAddresses addresses;
  const bool good = rest.empty() && read_address(words[0], v4, addresses.source.address) &&
                    read_address(words[1], v4, addresses.destination.address) &&
                    read_port(words[2], addresses.source.port) &&
                    read_port(words[3], addresses.destination.port);
  if (!good) return invalid("bad address in a PROXY header");
  return complete(length, addresses);
}

ProxyHeader parse_text(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kProxyTextBytes);
  const std::size_t end = head.find('\n');
  if (end == std::string_view::npos) {
    if (head.size() == kProxyTextBytes) return invalid("PROXY header too long");
    return {};
  }
  const std::string_view line = head.substr(0, end);
  if (!line.ends_with('\r')) return invalid("PROXY header does not end in CRLF");
  return parse_text_line(line.substr(kTextStart.size(), line.size() - kTextStart.size() - 1),
                         end + 1);
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

base::IpAddress address_at(std::string_view bytes, std::size_t at, std::size_t size) {
  base::IpAddress address;  // IPv4 in its mapped form
  if (size == 4) address.bytes[10] = address.bytes[11] = 0xff;
  std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + size),
                 address.bytes.end() - static_cast<std::ptrdiff_t>(size),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return address;
}

// §2.2. The lower half of the byte tells stream from datagram, which does not matter here.
ProxyHeader parse_binary(std::string_view bytes) {
  if (bytes.size() < kBinaryFixedBytes) {
    // Do not wait for more of a header that is already wrong.
    if (bytes.size() > 12 && byte_at(bytes, 12) != kCommandLocal &&
        byte_at(bytes, 12) != kCommandProxy) {
      return invalid("unknown version or command in a PROXY header");
    }
    return {};
  }
  const std::uint8_t command = byte_at(bytes, 12);
  if (command != kCommandLocal && command != kCommandProxy) {
    return invalid("unknown version or command in a PROXY header");
  }
  const std::size_t length = kBinaryFixedBytes + number_at(bytes, 14);
  if (length > kProxyBinaryBytes) return invalid("PROXY header too long");
  const std::uint8_t family = byte_at(bytes, 13) >> 4U;
  const std::uint8_t transport = byte_at(bytes, 13) & 0x0fU;
  if (family > 3 || transport > 2) return invalid("unknown protocol in a PROXY header");
  if (bytes.size() < length) return {};
  const std::size_t size = family == 1 ? 4 : 16;  // of an address
  if (command == kCommandLocal || family == 0 || family == 3 || transport == 0) {
    return complete(length);
  }
  if (length < kBinaryFixedBytes + 2 * size + 4) return invalid("PROXY header too short");
  const std::size_t ports = kBinaryFixedBytes + 2 * size;
  ProxyAddresses addresses;
  addresses.source = {address_at(bytes, kBinaryFixedBytes, size), number_at(bytes, ports)};
  addresses.destination = {address_at(bytes, kBinaryFixedBytes + size, size),
                           number_at(bytes, ports + 2)};
  return complete(length, addresses);
}

bool begins(std::string_view bytes, std::string_view start) {
  return bytes.substr(0, start.size()) == start.substr(0, bytes.size());
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (begins(bytes, kTextStart)) {
    return bytes.size() < kTextStart.size() ? ProxyHeader() : parse_text(bytes);
  }
  if (begins(bytes, kBinaryStart)) {
    return bytes.size() < kBinaryStart.size() ? ProxyHeader() : parse_binary(bytes);
  }
  return invalid("no PROXY header");
}

}  // namespace tusk::http

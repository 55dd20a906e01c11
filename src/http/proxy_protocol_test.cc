#include "http/proxy_protocol.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Status = ProxyHeader::Status;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string binary(std::uint8_t command, std::uint8_t protocol, std::string_view rest) {
  std::string header = kSignature;
  header += static_cast<char>(command);
  header += static_cast<char>(protocol);
  header += static_cast<char>(rest.size() >> 8U);
  header += static_cast<char>(rest.size());
  return header.append(rest);
}

const std::string kIpv4 = binary(0x21, 0x11, "\xc0\0\2\1\xc6\x33\x64\2\x30\x39\1\xbb"sv);
const std::string kIpv6 = binary(0x21, 0x21,
                                 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
                                 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x30\x39\1\xbb"sv);

ProxyEndpoint endpoint(std::string_view address, std::uint16_t port) {
  return {base::parse_ip(address).value(), port};
}

// Every prefix of a good header needs more bytes; bytes after the header are not part of it.
void expect_good(const std::string& header, std::optional<ProxyAddresses> addresses) {
  for (std::size_t size = 0; size < header.size(); ++size) {
    EXPECT_EQ(parse_proxy_header(header.substr(0, size)).status, Status::kNeedMore)
        << header << " cut at " << size;
  }
  for (const std::string_view behind : {""sv, "GET / HTTP/1.1\r\n"sv, "\n"sv}) {
    const ProxyHeader parsed = parse_proxy_header(header + std::string(behind));
    EXPECT_EQ(parsed.status, Status::kComplete) << header << ": " << parsed.reason;
    EXPECT_EQ(parsed.length, header.size()) << header;
    EXPECT_EQ(parsed.addresses, addresses) << header;
  }
}

TEST(ProxyProtocol, Text) {
  expect_good("PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n",
              ProxyAddresses{endpoint("192.0.2.1", 12345), endpoint("198.51.100.2", 443)});
  expect_good("PROXY TCP6 2001:db8::1 2001:db8::2 12345 443\r\n",
              ProxyAddresses{endpoint("2001:db8::1", 12345), endpoint("2001:db8::2", 443)});
  expect_good("PROXY TCP4 192.0.2.1 198.51.100.2 0 65535\r\n",
              ProxyAddresses{endpoint("192.0.2.1", 0), endpoint("198.51.100.2", 65535)});
  // The longest possible line.
  expect_good(
      "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
      {});
  expect_good("PROXY UNKNOWN\r\n", {});
  expect_good("PROXY UNKNOWN what ever\r\n", {});
}

TEST(ProxyProtocol, Binary) {
  const ProxyAddresses v4{endpoint("192.0.2.1", 12345), endpoint("198.51.100.2", 443)};
  expect_good(kIpv4, v4);
  expect_good(kIpv6, ProxyAddresses{endpoint("2001:db8::1", 12345), endpoint("2001:db8::2", 443)});
  // TLVs are skipped, whatever they contain.
  expect_good(binary(0x21, 0x11, kIpv4.substr(16) + "\x01\0\2h2\x03\0"s.append(300, 'x')), v4);
  // LOCAL, with and without addresses; unspecified; a unix socket.
  expect_good(binary(0x20, 0x00, ""), {});
  expect_good(binary(0x20, 0x11, kIpv4.substr(16)), {});
  expect_good(binary(0x21, 0x00, ""), {});
  expect_good(binary(0x21, 0x31, std::string(216, 'a')), {});
}

TEST(ProxyProtocol, WhatIsNoneIsRefusedAtOnce) {
  for (const std::string_view bytes : {
           "GET / HTTP/1.1\r\n"sv,
           "proxy TCP4 "sv,
           "PROXYTCP4"sv,
           "\x16\x03\x01"sv,
           "\r\n\r\nGET"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\n"sv,
           "PROXY TCP4  192.0.2.1 198.51.100.2 12345 443\r\n"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443 1\r\n"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443 \r\n"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 12345 65536\r\n"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 12345 -1\r\n"sv,
           "PROXY TCP4 192.0.2.1 198.51.100.2 012345 443\r\n"sv,
           "PROXY TCP4 192.0.2.256 198.51.100.2 12345 443\r\n"sv,
           "PROXY TCP4 2001:db8::1 2001:db8::2 12345 443\r\n"sv,
           "PROXY TCP6 192.0.2.1 198.51.100.2 12345 443\r\n"sv,
           "PROXY TCP6 [::1] ::1 12345 443\r\n"sv,
           "PROXY TCP6 fe80::1%eth0 ::1 12345 443\r\n"sv,
           "PROXY UDP4 192.0.2.1 198.51.100.2 12345 443\r\n"sv,
           "PROXY tcp4 192.0.2.1 198.51.100.2 12345 443\r\n"sv,
           "PROXY \r\n"sv,
           "PROXY UNKNOWNS\r\n"sv,
       }) {
    EXPECT_EQ(parse_proxy_header(bytes).status, Status::kInvalid) << bytes;
  }
  EXPECT_EQ(parse_proxy_header("PROXY UNKNOWN " + std::string(93, 'x')).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header("PROXY UNKNOWN " + std::string(92, 'x')).status, Status::kNeedMore);
}

TEST(ProxyProtocol, BadBinaryHeaders) {
  EXPECT_EQ(parse_proxy_header(binary(0x22, 0x11, kIpv4.substr(16))).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(binary(0x11, 0x11, kIpv4.substr(16))).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x41, kIpv4.substr(16))).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x13, kIpv4.substr(16))).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x11, "short")).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x21, kIpv4.substr(16))).status, Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x11, std::string(4081, 'x'))).status,
            Status::kInvalid);
  EXPECT_EQ(parse_proxy_header(kSignature + "\x23").status, Status::kInvalid);
}

}  // namespace
}  // namespace tusk::http

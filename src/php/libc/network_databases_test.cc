// gethostbyname(), getservbyname() and the like of php/libc/network_databases.cc, which replace
// libc's.

#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <unistd.h>

namespace {

std::string address_of(const hostent* host) {
  std::string text(INET_ADDRSTRLEN, '\0');
  if (host == nullptr || host->h_addrtype != AF_INET) return {};
  ::inet_ntop(AF_INET, host->h_addr_list[0], text.data(), INET_ADDRSTRLEN);
  return text.c_str();
}

// libc has one buffer for the process.
TEST(NetworkDatabases, AnotherThreadDoesNotOverwriteAHost) {
  const hostent* const mine = ::gethostbyname("192.0.2.1");
  ASSERT_EQ(address_of(mine), "192.0.2.1");
  std::thread([mine] {
    const hostent* const other = ::gethostbyname("192.0.2.2");
    EXPECT_NE(other, mine);
    EXPECT_EQ(address_of(other), "192.0.2.2");
  }).join();
  EXPECT_EQ(address_of(mine), "192.0.2.1");
  EXPECT_STREQ(mine->h_name, "192.0.2.1");
}

TEST(NetworkDatabases, ServicesAreTheThreads) {
  if (::access("/etc/services", R_OK) != 0) GTEST_SKIP() << "no /etc/services";
  const servent* const http = ::getservbyname("http", "tcp");
  ASSERT_NE(http, nullptr);
  std::thread([http] {
    const servent* const https = ::getservbyport(htons(443), "tcp");
    ASSERT_NE(https, nullptr);
    EXPECT_NE(https, http);
    EXPECT_STREQ(https->s_name, "https");
  }).join();
  EXPECT_STREQ(http->s_name, "http");
  EXPECT_EQ(ntohs(static_cast<std::uint16_t>(http->s_port)), 80);
  EXPECT_EQ(::getservbyname("no-such-service", "tcp"), nullptr);
}

TEST(NetworkDatabases, ProtocolsAreTheThreads) {
  if (::access("/etc/protocols", R_OK) != 0) GTEST_SKIP() << "no /etc/protocols";
  const protoent* const tcp = ::getprotobyname("tcp");
  ASSERT_NE(tcp, nullptr);
  std::thread([tcp] {
    const protoent* const udp = ::getprotobynumber(17);
    ASSERT_NE(udp, nullptr);
    EXPECT_NE(udp, tcp);
    EXPECT_STREQ(udp->p_name, "udp");
  }).join();
  EXPECT_STREQ(tcp->p_name, "tcp");
  EXPECT_EQ(tcp->p_proto, 6);
}

}  // namespace

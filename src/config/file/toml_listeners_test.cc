#include "config/file/toml_listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/file/toml_file.h"

namespace tusk::config::file {
namespace {

using Strings = std::vector<std::string>;
using ::testing::ElementsAre;

Strings texts(std::string_view text) {
  const FileContent content = parse_toml(text, "/etc/t.toml");
  EXPECT_TRUE(content.errors.empty()) << content.errors.front().message;
  EXPECT_EQ(content.assignments.size(), 1U);
  return content.assignments.empty() ? Strings() : content.assignments.front().texts;
}

Strings errors(std::string_view text) {
  const FileContent content = parse_toml(text, "/etc/t.toml");
  EXPECT_TRUE(content.assignments.empty());
  Strings messages;
  for (const Problem& problem : content.errors) messages.push_back(problem.message);
  return messages;
}

TEST(TomlListeners, AnAddressMayBeATable) {
  EXPECT_THAT(texts(R"(listen = [":80", { address = "127.0.0.1:81", proxy_protocol = false }])"),
              ElementsAre(":80", "127.0.0.1:81", "proxy_protocol=false"));
  EXPECT_THAT(texts(R"(listen = { address = ":80", trusted_proxies = "unix" })"),
              ElementsAre(":80", "trusted_proxies=unix"));
  EXPECT_THAT(texts(R"([[listen]]
address = ":80"

[[listen]]
trusted_headers = ["Forwarded"]
trusted_proxies = ["10.0.0.0/8", "unix"]
proxy_protocol = []
address = "127.0.0.1:81"
)"),
              ElementsAre(":80", "127.0.0.1:81", "proxy_protocol=off", "trusted_headers=Forwarded",
                          "trusted_proxies=10.0.0.0/8", "trusted_proxies=unix"));
}

TEST(TomlListeners, MistakesHaveTheirLine) {
  EXPECT_THAT(errors(R"([[listen]]
address = "80"
proxy_protocol = true
[[listen]]
trusted_proxies = [
  "10.0.0.0/8",
  "10.0.0.1/8",
]
trusted_header = "x"
request_timeout = "3s"
color = 1
)"),
              ElementsAre("/etc/t.toml:2: a listener's address: '80' is not an address; for a port "
                          "write :80",
                          "/etc/t.toml:3: a listener's proxy_protocol: 'true' does not say which: "
                          "name addresses, networks, unix or private, or off"));
  EXPECT_THAT(
      errors(R"([[listen]]
trusted_proxies = [
  "10.0.0.1/8",
]
trusted_header = "x"
request_timeout = "3s"
color = 1
)"),
      ElementsAre("/etc/t.toml:1: a listener must have an address, such as address = \":80\"",
                  "/etc/t.toml:3: a listener's trusted_proxies: '10.0.0.1/8' is not where the "
                  "network begins: 10.0.0.0/8",
                  "/etc/t.toml:5: a listener has no key 'trusted_header'; did you mean "
                  "trusted_headers?",
                  "/etc/t.toml:6: request_timeout holds for all listeners: write it above the "
                  "first table",
                  "/etc/t.toml:7: a listener has no key 'color'; it has address, trusted_proxies, "
                  "trusted_headers and proxy_protocol"));
}

TEST(TomlListeners, ListenIsTheOnlyListOfTables) {
  EXPECT_THAT(errors("tls_cert = [{ address = \":80\" }]"),
              ElementsAre("/etc/t.toml:1: tls_cert must be text, a number or true or false"));
  EXPECT_THAT(errors("[[listeners]]\naddress = \":80\"\n"),
              ElementsAre("/etc/t.toml:1: unknown key 'listeners'; did you mean [[listen]]?"));
}

}  // namespace
}  // namespace tusk::config::file

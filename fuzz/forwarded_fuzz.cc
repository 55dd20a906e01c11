// Fields in which proxies describe a request: lists of addresses, and RFC 7239's Forwarded.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/forwarded.h"
#include "http/target.h"
#include "http/token.h"

namespace {

namespace http = tusk::http;
namespace base = tusk::base;

bool is_trusted(const base::IpAddress& address) {
  return base::IpNetwork{base::parse_ip("10.0.0.0").value(), 96 + 8}.contains(address);
}

void check_origin(const http::ForwardedOrigin& origin) {
  TUSK_CHECK(origin.scheme.empty() || origin.scheme == "http" || origin.scheme == "https");
  TUSK_CHECK(origin.host.empty() || http::is_valid_authority(origin.host));
}

http::ForwardedOrigin read(http::RequestHead& head, std::string_view name, std::string_view value) {
  head.add_field(name, value);
  return http::read_forwarded(
      head, is_trusted,
      {.client = true, .scheme = true, .host = true, .port = true, .rfc7239 = true});
}

void check_list(std::string_view list) {
  http::ListFromEnd elements(list);
  std::size_t end = list.size();
  while (const auto element = elements.next()) {
    TUSK_CHECK(!element->empty() && http::trim_ows(*element) == *element);
    const auto begin = static_cast<std::size_t>(element->data() - list.data());
    TUSK_CHECK(begin + element->size() <= end);  // from the end, and none twice
    end = begin;
  }
}

void check_node(std::string_view text) {
  const auto node = http::parse_forwarded_node(text);
  if (!node) return;
  const std::string written = base::to_string(node->address);
  TUSK_CHECK(http::parse_forwarded_node(written)->address == node->address);
}

// The element that the proxy in front appends counts, whatever the client has sent.
void check_no_spoof(std::string_view forged) {
  http::RequestHead x_forwarded;
  const auto by_list = read(x_forwarded, "X-Forwarded-For", std::string(forged) + ", 192.0.2.1");
  TUSK_CHECK(by_list.client && base::to_string(by_list.client->address) == "192.0.2.1");
  http::RequestHead forwarded;
  const auto by_element =
      read(forwarded, "Forwarded", std::string(forged) + ", for=\"192.0.2.1:1\";proto=http;host=a");
  TUSK_CHECK(by_element.client && base::to_string(by_element.client->address) == "192.0.2.1");
  TUSK_CHECK(by_element.scheme == "http" && by_element.host == "a");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_list(text);
  check_node(text);
  check_no_spoof(text);
  for (const std::string_view name : {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
                                      "X-Forwarded-Port", "Forwarded"}) {
    http::RequestHead head;
    check_origin(read(head, name, text));
    // Two fields, cut where the input says.
    http::RequestHead cut;
    const std::size_t middle = text.find('\n');
    if (middle == std::string_view::npos) continue;
    read(cut, name, text.substr(0, middle));
    check_origin(read(cut, name, text.substr(middle + 1)));
  }
  return 0;
}

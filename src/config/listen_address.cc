#include "config/listen_address.h"

#include <algorithm>
#include <utility>

#include "config/value.h"

namespace tusk::config {
namespace {

constexpr std::string_view kOff = "off";

std::string what_is_asked(std::string_view name) {
  return name == "trusted_headers" ? "headers such as X-Forwarded-For"
                                   : "addresses, networks, unix or private";
}

// Adds the value that `parse` reads to a list, which "off" leaves empty.
template <class Value, class Parse>
base::Result<void> add_value(std::optional<std::vector<Value>>& list, const ListenerOption& option,
                             Parse parse) {
  const std::string name(option.name);
  const auto on = parse_bool(option.value);
  if (on && *on) {
    return base::fail(name + ": " + quoted(option.value) + " does not say which: name " +
                      what_is_asked(option.name) + ", or off");
  }
  if (list && (on || list->empty())) return base::fail(name + ": off excludes other values");
  if (!list) list.emplace();
  if (on) return {};
  auto value = parse(option.value);
  if (!value) return base::fail(name + ": " + value.error().message);
  list->push_back(std::move(*value));
  return {};
}

// The place of the comma before the first option; npos: there is none.
std::size_t first_option(std::string_view text) {
  for (std::size_t comma = text.find(','); comma != std::string_view::npos;
       comma = text.find(',', comma + 1)) {
    if (split_listener_option(text.substr(comma + 1))) return comma;
  }
  return std::string_view::npos;
}

template <class Value>
void append_option(std::string& text, std::string_view name,
                   const std::optional<std::vector<Value>>& values) {
  if (!values) return;
  const auto append = [&](std::string_view value) {
    text.append(",").append(name).append("=").append(value);
  };
  if (values->empty()) append(kOff);
  for (const Value& value : *values) append(to_string(value));
}

}  // namespace

std::optional<ListenerOption> split_listener_option(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string_view name = text.substr(0, equals);
  const auto known = std::ranges::find(kListenerOptions, name);
  if (known == std::ranges::end(kListenerOptions)) return std::nullopt;
  return ListenerOption{.name = *known, .value = text.substr(equals + 1)};
}

base::Result<void> add_option(ListenAddress& listener, const ListenerOption& option) {
  if (option.name == "trusted_headers")
    return add_value(listener.trusted_headers, option, parse_trusted_header);
  return add_value(
      option.name == "proxy_protocol" ? listener.proxy_protocol : listener.trusted_proxies, option,
      parse_trusted_proxy);
}

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
  std::size_t end = first_option(text);
  auto address = parse_address(text.substr(0, end));
  if (!address) return std::unexpected(address.error());
  ListenAddress listener(std::move(*address));
  while (end != std::string_view::npos) {
    text.remove_prefix(end + 1);
    end = text.find(',');
    const std::string_view part = text.substr(0, end);
    const auto option = split_listener_option(part);
    if (!option) {
      return base::fail(quoted(part) +
                        " is not an option of a listener: trusted_proxies=, "
                        "trusted_headers= or proxy_protocol=");
    }
    if (auto added = add_option(listener, *option); !added) return std::unexpected(added.error());
  }
  return listener;
}

std::string to_string(const ListenAddress& listener) {
  std::string text = to_string(static_cast<const Address&>(listener));
  append_option(text, "trusted_proxies", listener.trusted_proxies);
  append_option(text, "trusted_headers", listener.trusted_headers);
  append_option(text, "proxy_protocol", listener.proxy_protocol);
  return text;
}

}  // namespace tusk::config

#include "config/file/toml_listeners.h"

#include <algorithm>
#include <string_view>

#include "config/listen_address.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"

namespace tusk::config::file {
namespace {

using Line = toml::source_index;

constexpr std::string_view kAddress = "address";

std::string mine(std::string_view key) { return "a listener's " + std::string(key); }

class ListenerReader {
 public:
  explicit ListenerReader(const Report& error) : error_(error) {}

  std::optional<std::vector<std::string>> read(const toml::table& table) && {
    const toml::node* const address = table.get(kAddress);
    if (address == nullptr) {
      fail(table.source().begin.line, "a listener must have an address, such as address = \":80\"");
    } else {
      take_address(*address);
    }
    for (const auto& [key, node] : table) {
      if (key.str() != kAddress) take(key, node);
    }
    if (!ok_) return std::nullopt;
    return std::move(texts_);
  }

 private:
  void take_address(const toml::node& node) {
    const auto text = scalar_text(node);
    if (!text) return fail(node.source().begin.line, mine(kAddress) + " must be a text");
    const auto parsed = parse_address(*text);
    if (!parsed)
      return fail(node.source().begin.line, mine(kAddress) + ": " + parsed.error().message);
    texts_.push_back(*text);
  }

  void take(const toml::key& key, const toml::node& node) {
    const auto known = std::ranges::find(kListenerOptions, key.str());
    if (known == std::ranges::end(kListenerOptions))
      return fail(key.source().begin.line, unknown(std::string(key.str())));
    const toml::array* const list = node.as_array();
    if (list == nullptr) return add(*known, node);
    if (list->empty()) texts_.push_back(std::string(*known) + "=off");
    for (const toml::node& element : *list) add(*known, element);
  }

  void add(std::string_view name, const toml::node& node) {
    const Line line = node.source().begin.line;
    const auto text = scalar_text(node);
    if (!text) return fail(line, mine(name) + " must be false, a text or a list of texts");
    const ListenerOption option{.name = name, .value = *text};
    if (auto added = add_option(listener_, option); !added)
      return fail(line, mine(added.error().message));
    texts_.push_back(std::string(name) + "=" + *text);
  }

  static std::string unknown(const std::string& key) {
    std::vector<names::Name> names = {{.known = std::string(kAddress), .answer = "address"}};
    for (const std::string_view name : kListenerOptions)
      names.push_back({.known = std::string(name), .answer = std::string(name)});
    if (find_by_name(key) != nullptr)
      return key + " holds for all listeners: write it above the first table";
    const std::string hint = names::did_you_mean(key, names);
    return "a listener has no key '" + key + "'" +
           (hint.empty() ? "; it has address, trusted_proxies, trusted_headers and proxy_protocol"
                         : hint);
  }

  void fail(Line line, const std::string& message) {
    ok_ = false;
    error_(line, message);
  }

  const Report& error_;
  ListenAddress listener_;  // what the options before say
  std::vector<std::string> texts_;
  bool ok_ = true;
};

}  // namespace

std::optional<std::vector<std::string>> read_listener(const toml::table& table,
                                                      const Report& error) {
  return ListenerReader(error).read(table);
}

}  // namespace tusk::config::file

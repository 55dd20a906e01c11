#include "config/rule.h"

#include <string_view>

#include "config/file/toml_table.h"

namespace tusk::config {
namespace {

using file::toml_string;
using file::TomlTable;

void add_headers(TomlTable& writer, const Rule& rule) {
  std::string set;
  std::string added;
  std::vector<std::string> removed;
  for (const HeaderChange& change : rule.headers) {
    if (change.kind == HeaderChange::Kind::kRemove) {
      removed.push_back(change.name);
      continue;
    }
    std::string& list = change.kind == HeaderChange::Kind::kSet ? set : added;
    list +=
        (list.empty() ? "" : ", ") + toml_string(change.name) + " = " + toml_string(change.value);
  }
  if (!set.empty()) writer.add("set_headers", "{ " + set + " }");
  if (!added.empty()) writer.add("add_headers", "{ " + added + " }");
  writer.add_list("remove_headers", removed);
}

}  // namespace

std::string to_toml(const Rule& rule, std::string_view separator) {
  TomlTable writer(separator);
  writer.add_text("path", rule.path);
  writer.add_text("regex", rule.regex);
  writer.add_list("method", rule.methods);
  writer.add_list("host", rule.hosts);
  writer.add_text("scheme", rule.scheme);
  if (rule.missing) writer.add("missing", "true");
  writer.add_text("redirect", rule.redirect);
  if (!rule.redirect.empty()) writer.add("status", std::to_string(rule.redirect_status));
  if (rule.deny_status != 0) writer.add("deny", std::to_string(rule.deny_status));
  writer.add_text("rewrite", rule.rewrite);
  add_headers(writer, rule);
  return writer.take();
}

}  // namespace tusk::config

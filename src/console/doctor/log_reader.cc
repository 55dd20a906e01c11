#include "console/doctor/log_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "console/json_reader.h"

namespace tusk::console::doctor {

namespace {

constexpr std::size_t kMostTroubles = 20;
constexpr std::string_view kPrefix = "resident doctor: ";

std::optional<FindingKind> kind_of(std::string_view message) {
  static const std::map<std::string_view, FindingKind> kKinds = {
      {"something grows with the requests", FindingKind::kSteady},
      {"a request has made a value that stays longer", FindingKind::kGrown},
      {"a request has changed a value that stays", FindingKind::kChanged},
      {"a request has left a descriptor open", FindingKind::kDescriptor},
      {"a request has left a transaction open", FindingKind::kTransaction}};
  const auto found = kKinds.find(message);
  return found != kKinds.end() ? std::optional(found->second) : std::nullopt;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    found.emplace_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return found;
}

}  // namespace

struct LogReader::Line {
  const Json& json;
  std::string message;

  std::string text(const char* name) const { return string_of(json, name); }
  std::uint64_t number(const char* name) const {
    const Json& value = value_of(json, name);
    return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
  }
};

void LogReader::take(std::string_view text) {
  if (!text.starts_with('{')) return;
  const Json json = Json::parse(text, nullptr, false);
  const Line line{json, string_of(json, "message")};
  std::string_view message = line.message;
  const std::string level = line.text("level");
  if (message.starts_with(kPrefix)) {
    message.remove_prefix(kPrefix.size());
    if (const auto kind = kind_of(message)) return note_finding(*kind, line);
    if (message == "a request was examined") return note_request(line);
    if (message == "found again and again until the script ended") return note_total(line);
    if (message.starts_with("too many findings")) left_out_ = true;
  }
  if (level == "error" || level == "critical") note_trouble(line);
}

void LogReader::note_finding(FindingKind kind, const Line& line) {
  const std::string what = line.text("what");
  const auto [found, is_new] =
      known_.try_emplace(what, Known{.finding = {.kind = kind, .what = what}});
  Known& known = found->second;
  if (is_new) {
    known.finding.before = line.text("before");
    known.finding.after = line.text("after");
    known.finding.paths = words(line.text("path"));
  }
  const std::uint64_t times = line.number("times");
  // The script has booted anew.
  if (times <= known.times) known.earlier += known.times;
  known.times = times;
}

void LogReader::note_total(const Line& line) {
  const auto found = known_.find(line.text("what"));
  if (found == known_.end()) return;
  found->second.times = line.number("times");
  for (std::string& path : words(line.text("paths"))) {
    auto& paths = found->second.finding.paths;
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(std::move(path));
  }
}

void LogReader::note_request(const Line& line) {
  pool_ = line.text("pool");
  requests_.push_back({.method = line.text("method"),
                       .path = line.text("path"),
                       .memory = line.number("memory"),
                       .number = line.number("request_of_script")});
}

void LogReader::note_trouble(const Line& line) {
  std::string text = line.message.substr(0, line.message.find('\n'));
  // How a process has ended, or why something else is so.
  for (const char* const field : {"how", "reason"}) {
    if (const std::string why = line.text(field); !why.empty()) text += ": " + why;
  }
  const auto found = std::ranges::find(troubles_, text, &Trouble::text);
  if (found != troubles_.end()) {
    ++found->times;
  } else if (troubles_.size() < kMostTroubles) {
    troubles_.push_back({std::move(text), 1});
  }
}

std::vector<Finding> LogReader::findings() const {
  std::vector<Finding> all;
  for (const auto& [what, known] : known_) {
    all.push_back(known.finding);
    all.back().times = known.earlier + known.times;
  }
  std::ranges::stable_sort(all, [](const Finding& one, const Finding& other) {
    return one.kind != other.kind ? one.kind < other.kind : one.times > other.times;
  });
  return all;
}

}  // namespace tusk::console::doctor

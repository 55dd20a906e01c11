#include "console/doctor/rewind_report.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "console/terminal_text.h"

namespace tusk::console::doctor {

namespace {

constexpr std::size_t kWidestName = 60;
constexpr std::size_t kWidestLine = 200;
constexpr std::size_t kMostLines = 12;  // of a difference, on each side

std::uint64_t sum_of(const std::map<int, std::uint64_t>& statuses) {
  return std::accumulate(statuses.begin(), statuses.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& each) { return sum + each.second; });
}

class TextWriter {
 public:
  explicit TextWriter(const RewindReport& report) : report_(report), charset_(terminal_charset()) {}

  std::string run() {
    const std::string pool = report_.pool.empty() ? "" : " " + safe(report_.pool);
    text_ =
        fmt::format("The answers of the rewound pool{} beside those of plain requests.\n\n", pool);
    add_requests();
    for (const ComparedRequest& each : report_.requests) {
      if (each.first) add_difference(each);
    }
    add_process();
    add_notes();
    text_ += report_.is_clean() ? "\nNo difference was found.\n"
                                : "\ndocs/resident-doctor.md says what to do about it.\n";
    return std::move(text_);
  }

 private:
  std::string safe(std::string_view text) const { return safe_text(text, charset_); }

  static std::string statuses_of(const std::map<int, std::uint64_t>& statuses,
                                 std::uint64_t unanswered) {
    std::string text;
    for (const auto& [status, times] : statuses) {
      if (!text.empty()) text += ", ";
      text += std::to_string(status);
      if (statuses.size() > 1 || unanswered > 0) text += fmt::format(" ({} times)", times);
    }
    if (unanswered > 0)
      text += fmt::format("{}no answer ({} times)", text.empty() ? "" : ", ", unanswered);
    return text.empty() ? "not requested" : text;
  }

  void add_requests() {
    std::size_t width = 0;
    for (const ComparedRequest& each : report_.requests)
      width = std::max(width, columns_of(safe(each.request.name())));
    width = std::min(width, kWidestName);
    for (const ComparedRequest& each : report_.requests) {
      const std::string plain = statuses_of(each.plain_statuses, each.plain_unanswered);
      const std::string rewound = statuses_of(each.rewound_statuses, each.rewound_unanswered);
      text_ += fmt::format("  {}  ", column(safe(each.request.name()), width));
      text_ += plain == rewound ? "status " + plain
                                : fmt::format("status {} plain, {} rewound", plain, rewound);
      text_ += each.differing == 0
                   ? fmt::format(", {} answers are equal\n", each.compared())
                   : fmt::format(", {} of {} answers differ\n", each.differing, each.compared());
    }
  }

  void add_difference(const ComparedRequest& each) {
    text_ += fmt::format("\n{} (- plain, + rewound; numbers and tokens are masked):\n",
                         safe(each.request.name()));
    add_lines('-', each.first->plain);
    add_lines('+', each.first->rewound);
  }

  void add_lines(char sign, const std::vector<std::string>& lines) {
    const std::size_t shown = std::min(lines.size(), kMostLines);
    for (std::size_t i = 0; i < shown; ++i)
      text_ += fmt::format("  {} {}\n", sign, cut(safe(lines[i]), kWidestLine));
    if (shown < lines.size())
      text_ += fmt::format("  {} ... and {} lines more\n", sign, lines.size() - shown);
  }

  void add_process() {
    if (report_.memory_before == 0) return;
    text_ += fmt::format(
        "\nThe workers: {:.1f} MB of memory of their own, then {:.1f} MB; {} descriptors, then "
        "{}.\n",
        static_cast<double>(report_.memory_before) / 1e6,
        static_cast<double>(report_.memory_after) / 1e6, report_.descriptors_before,
        report_.descriptors_after);
    for (const std::string& file : report_.boot_files)
      text_ += "The boot holds a file open, which each worker opens again: " + safe(file) + "\n";
  }

  void add_notes() {
    const std::size_t before = text_.size();
    if (report_.memory_grows()) note("the memory of the workers grows");
    if (report_.descriptors_grow()) note("the number of descriptors grows");
    if (report_.replaced_workers > 0)
      note(fmt::format("{} workers were replaced; the log says why", report_.replaced_workers));
    for (const ComparedRequest& each : report_.requests) {
      if (!each.plain_statuses.empty() && each.plain_statuses.begin()->first >= 500)
        note(each.request.name() + " fails as a plain request: correct this first");
      if (each.plain_statuses.contains(404) && !each.rewound_statuses.contains(404))
        note("the plain request " + each.request.name() +
             " finds nothing: --fallback /index.php names the application's front controller");
    }
    if (!report_.ended_early.empty()) note("ended early: " + report_.ended_early);
    for (const Trouble& trouble : report_.troubles)
      note("log: " + trouble.text +
           (trouble.times > 1 ? fmt::format(" ({} times)", trouble.times) : ""));
    if (text_.size() > before) text_.insert(before, "\n");
  }

  void note(const std::string& text) { text_ += "Note: " + safe(text) + "\n"; }

  const RewindReport& report_;
  const Charset charset_;
  std::string text_;
};

using Json = nlohmann::ordered_json;

Json json_of(const std::map<int, std::uint64_t>& statuses) {
  Json json = Json::object();
  for (const auto& [status, times] : statuses) json[std::to_string(status)] = times;
  return json;
}

Json json_of(const ComparedRequest& each) {
  Json json{{"method", each.request.method},
            {"target", each.request.target},
            {"plain_statuses", json_of(each.plain_statuses)},
            {"rewound_statuses", json_of(each.rewound_statuses)},
            {"plain_unanswered", each.plain_unanswered},
            {"rewound_unanswered", each.rewound_unanswered},
            {"compared", each.compared()},
            {"differing", each.differing}};
  if (each.first)
    json["difference"] = {{"plain", each.first->plain}, {"rewound", each.first->rewound}};
  return json;
}

}  // namespace

std::uint64_t ComparedRequest::compared() const { return sum_of(rewound_statuses); }

bool ComparedRequest::is_equal() const {
  return differing == 0 && compared() > 0 && plain_unanswered == 0 && rewound_unanswered == 0;
}

bool RewindReport::is_clean() const {
  return std::ranges::all_of(requests, &ComparedRequest::is_equal) && !memory_grows() &&
         !descriptors_grow() && ended_early.empty();
}

std::string to_text(const RewindReport& report) { return TextWriter(report).run(); }

std::string to_json(const RewindReport& report) {
  Json json{{"clean", report.is_clean()},
            {"pool", report.pool},
            {"requests", Json::array()},
            {"memory", {report.memory_before, report.memory_after}},
            {"descriptors", {report.descriptors_before, report.descriptors_after}},
            {"replaced_workers", report.replaced_workers},
            {"boot_files", report.boot_files},
            {"ended_early", report.ended_early.empty() ? Json() : Json(report.ended_early)},
            {"log", Json::array()}};
  for (const ComparedRequest& each : report.requests) json["requests"].push_back(json_of(each));
  for (const Trouble& each : report.troubles)
    json["log"].push_back({{"message", each.text}, {"times", each.times}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tusk::console::doctor

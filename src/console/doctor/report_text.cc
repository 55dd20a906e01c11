// The text of a Report, for people.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "console/doctor/report.h"
#include "console/terminal_text.h"

namespace tusk::console::doctor {

namespace {

constexpr std::string_view kMemory = "memory in bytes";
constexpr std::size_t kWidestName = 60;

std::string_view title(FindingKind kind) {
  switch (kind) {
    case FindingKind::kSteady:
      return "It grows with the requests:";
    case FindingKind::kGrown:
      return "A value that stays becomes longer:";
    case FindingKind::kChanged:
      return "A value that stays has changed:";
    case FindingKind::kDescriptor:
      return "A request has left a descriptor open:";
    case FindingKind::kTransaction:
      return "A request has left a transaction open:";
  }
  return {};
}

std::string counted(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

class TextWriter {
 public:
  explicit TextWriter(const Report& report) : report_(report), charset_(terminal_charset()) {}

  std::string run() {
    add_head();
    add_requests();
    add_findings();
    add_notes();
    add_verdict();
    return std::move(text_);
  }

 private:
  std::string safe(std::string_view text) const { return safe_text(text, charset_); }

  void add_head() {
    const std::string pool = report_.pool.empty() ? "" : " of the pool " + safe(report_.pool);
    text_ += fmt::format("The resident script{}: {} compared, after {} to warm up.\n\n", pool,
                         counted(report_.compared(), "request"),
                         counted(report_.warm_up_rounds * report_.requests.size(), "request"));
  }

  void add_requests() {
    std::size_t width = 0;
    for (const RequestResult& each : report_.requests)
      width = std::max(width, columns_of(safe(each.request.name())));
    width = std::min(width, kWidestName);
    for (const RequestResult& each : report_.requests) {
      text_ += fmt::format("  {}  status {}", column(safe(each.request.name()), width),
                           statuses_of(each));
      if (each.compared > 0) text_ += fmt::format(", memory {:+} bytes each", growth_of(each));
      text_ += "\n";
    }
  }

  static std::int64_t growth_of(const RequestResult& each) {
    return std::llround(static_cast<double>(each.memory_growth) /
                        static_cast<double>(each.compared));
  }

  static std::string statuses_of(const RequestResult& each) {
    std::string text;
    const bool is_one = each.statuses.size() == 1 && each.unanswered == 0;
    for (const auto& [status, times] : each.statuses) {
      if (!text.empty()) text += ", ";
      text += is_one ? std::to_string(status) : fmt::format("{} ({} times)", status, times);
    }
    if (each.unanswered > 0)
      text += fmt::format("{}no answer ({} times)", text.empty() ? "" : ", ", each.unanswered);
    return text.empty() ? "unknown" : text;
  }

  void add_findings() {
    const Finding* previous = nullptr;
    for (const Finding& finding : report_.findings) {
      if (previous == nullptr || previous->kind != finding.kind)
        text_ += fmt::format("\n{}\n", title(finding.kind));
      previous = &finding;
      text_ += "  " + safe(line_of(finding)) + "\n";
    }
  }

  std::string line_of(const Finding& finding) const {
    if (finding.kind == FindingKind::kSteady) return steady_line(finding);
    std::string line = finding.what;
    if (!finding.before.empty() || !finding.after.empty())
      line += ": " + finding.before + " -> " + finding.after;
    line += fmt::format("; after {} of {} requests", finding.times, report_.compared());
    for (std::size_t i = 0; i < finding.paths.size(); ++i)
      line += (i == 0 ? ": " : " ") + finding.paths[i];
    return line;
  }

  std::string steady_line(const Finding& finding) const {
    if (finding.what != kMemory)
      return fmt::format("{}: {}, and later {}", finding.what, finding.before, finding.after);
    std::int64_t growth = 0;
    for (const RequestResult& each : report_.requests) growth += each.memory_growth;
    const std::uint64_t size = report_.requests.size();
    const double rounds = static_cast<double>(std::max<std::uint64_t>(report_.compared(), 1)) /
                          static_cast<double>(size);
    return fmt::format("memory: {} bytes more after each {}",
                       std::llround(static_cast<double>(growth) / rounds),
                       size == 1 ? "request" : fmt::format("round of {} requests", size));
  }

  void add_notes() {
    const std::size_t before = text_.size();
    for (const RequestResult& each : report_.requests) {
      if (each.has_failed()) {
        note(each.request.name() + " has failed: correct this first");
      } else if (each.examined == 0) {
        note(each.request.name() + " was not answered by this script, so it was not examined");
      }
    }
    if (report_.lives > 1)
      note(
          fmt::format("the script has ended and booted anew {}: each time the comparison began "
                      "again",
                      counted(report_.lives - 1, "time")));
    if (report_.findings_were_left_out) note("there were too many findings: some are missing");
    if (report_.ignored > 0)
      note(counted(report_.ignored, "finding") + " left out because of --ignore");
    if (!report_.ended_early.empty()) note("ended early: " + report_.ended_early);
    for (const Trouble& trouble : report_.troubles) {
      note("log: " + trouble.text +
           (trouble.times > 1 ? fmt::format(" ({} times)", trouble.times) : ""));
    }
    if (text_.size() > before) text_.insert(before, "\n");
  }

  void note(const std::string& text) { text_ += "Note: " + safe(text) + "\n"; }

  void add_verdict() {
    const auto failed = static_cast<std::uint64_t>(
        std::ranges::count_if(report_.requests, &RequestResult::has_failed));
    if (report_.is_clean()) {
      text_ += "\nNothing was found.\n";
    } else if (report_.findings.empty() && failed > 0) {
      text_ += fmt::format("\n{} failed: what the script leaves behind is not known yet.\n",
                           counted(failed, "request"));
    } else if (report_.findings.empty()) {
      text_ += "\nNothing was found, but not everything could be examined.\n";
    } else {
      text_ += fmt::format("\n{}. docs/resident-doctor.md says what to do about them.\n",
                           counted(report_.findings.size(), "finding"));
    }
  }

  const Report& report_;
  const Charset charset_;
  std::string text_;
};

}  // namespace

std::string to_text(const Report& report) { return TextWriter(report).run(); }

}  // namespace tusk::console::doctor

#include "observe/profile/flame_graph.h"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "observe/markup.h"
#include "observe/profile/flame_page.h"
#include "observe/profile/merged_calls.h"
#include "observe/profile/source_hash.h"

namespace tusk::observe::profile {

namespace {

constexpr int kRowHeight = 18;
constexpr std::size_t kMostBoxes = 6000;  // in one chart
constexpr std::size_t kMostRows = 30;     // of the table
constexpr std::uint32_t kWarmColours = 6;

constexpr auto kStyleHash = source_hash(kFlameStyle);
constexpr auto kScriptHash = source_hash(kFlameScript);

struct Chart {
  std::string_view name;  // of the class
  std::string_view title;
  std::uint64_t Cost::* cost;
};
constexpr Chart kCharts[] = {{"wall", "Wall-clock time", &Cost::wall_ns},
                             {"cpu", "CPU time", &Cost::cpu_ns}};

void append_text(std::string& html, std::string_view text) {
  append_markup(html, text, LineEnds::kReplaced);
}

std::string seconds_text(std::uint64_t ns) {
  const double seconds = static_cast<double>(ns) / 1e9;
  return seconds >= 10 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.3f} s", seconds);
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

bool is_wait(const Frame& frame) { return frame.name.starts_with("[waits"); }

std::string colour_class(const Frame& frame) {
  if (is_wait(frame)) return "wait";
  if (frame.file.empty()) return "inner";
  // The same in each page, so that two can be compared.
  std::uint32_t hash = 2166136261U;
  for (const char letter : frame.name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  }
  return fmt::format("f{}", hash / 65536 % kWarmColours);
}

// One chart: a box for each call, its width in percent of the chart.
class ChartWriter {
 public:
  ChartWriter(const CallTree& tree, const std::vector<MergedCall>& calls, const Chart& chart)
      : tree_(tree), calls_(calls), chart_(chart), all_(calls[0].total.*chart.cost) {}

  void write(std::string& html) {
    choose_smallest();
    std::string boxes;
    append_box(boxes, 0, 0, 0);
    std::vector<Place> pending;
    push_callees(pending, {.call = 0, .depth = 0, .at = 0});
    int rows = 1;
    while (!pending.empty()) {
      const Place place = pending.back();
      pending.pop_back();
      append_box(boxes, place.call, place.depth, place.at);
      rows = std::max(rows, place.depth + 1);
      push_callees(pending, place);
    }
    html += fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {}\" width=\"100%\" "
        "height=\"{}\" role=\"img\" aria-label=\"Flame graph of {}\">\n",
        chart_.name, rows * kRowHeight, chart_.title);
    html += boxes;
    html += "</svg>\n";
    if (all_ == 0)
      html += fmt::format("<p class=\"dim {}\">Nothing was measured.</p>\n", chart_.name);
    if (is_incomplete_) {
      html += fmt::format("<p class=\"dim {}\">Calls below {:.3f} % are not drawn.</p>\n",
                          chart_.name, percent(smallest_, all_));
    }
  }

 private:
  struct Place {
    std::uint32_t call;
    int depth;
    std::uint64_t at;  // where it begins, in nanoseconds from the left
  };

  std::uint64_t cost_of(std::uint32_t call) const { return calls_[call].total.*chart_.cost; }

  // Calls that are narrower than a hair, and the smallest ones where there are too many.
  void choose_smallest() {
    std::vector<std::uint64_t> costs;
    for (std::uint32_t i = 0; i < calls_.size(); ++i) costs.push_back(cost_of(i));
    smallest_ = std::max<std::uint64_t>(1, all_ / 20'000);
    if (costs.size() <= kMostBoxes) return;
    const auto last = costs.begin() + kMostBoxes;
    std::ranges::nth_element(costs, last, std::greater());
    smallest_ = std::max(smallest_, *last + 1);
  }

  void push_callees(std::vector<Place>& pending, const Place& place) {
    std::uint64_t at = place.at;
    const std::size_t first = pending.size();
    for (const std::uint32_t callee : calls_[place.call].callees) {
      if (cost_of(callee) >= smallest_) {
        pending.push_back({.call = callee, .depth = place.depth + 1, .at = at});
      } else if (cost_of(callee) > 0) {
        is_incomplete_ = true;
      }
      at += cost_of(callee);
    }
    std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
  }

  void append_box(std::string& html, std::uint32_t call, int depth, std::uint64_t at) const {
    const std::uint64_t total = cost_of(call);
    const std::uint64_t self = calls_[call].self.*chart_.cost;
    const bool is_root = call == 0;
    const Frame* const frame = is_root ? nullptr : &tree_.frame(calls_[call].frame);
    html += fmt::format("<svg class=\"{}\" x=\"{:.5f}%\" y=\"{}\" width=\"{:.5f}%\" height=\"{}\">",
                        is_root ? "all" : colour_class(*frame), percent(at, all_),
                        depth * kRowHeight, is_root ? 100 : percent(total, all_), kRowHeight);
    html += "<title>";
    append_text(html, is_root ? "all scripts" : std::string_view(frame->name));
    if (!is_root && !frame->file.empty()) {
      html += "\n";
      append_text(html, frame->file);
    }
    html += fmt::format("\n\n{} ({:.1f} % of all)", seconds_text(total), percent(total, all_));
    if (!is_root && self != total) {
      html += fmt::format("\nself {} ({:.1f} % of all)", seconds_text(self), percent(self, all_));
    }
    html += "</title><rect width=\"100%\" height=\"100%\"/><text x=\"4\" y=\"13\">";
    append_text(html, is_root ? "all scripts" : std::string_view(frame->name));
    html += "</text></svg>\n";
  }

  const CallTree& tree_;
  const std::vector<MergedCall>& calls_;
  const Chart& chart_;
  const std::uint64_t all_;
  std::uint64_t smallest_ = 1;  // that is drawn
  bool is_incomplete_ = false;
};

struct FunctionCost {
  Cost self;
  Cost total;  // a recursion counts once
};

std::vector<FunctionCost> cost_of_functions(const CallTree& tree,
                                            const std::vector<MergedCall>& calls) {
  std::vector<FunctionCost> functions(tree.frames().size());
  std::vector<int> depth_of(functions.size(), 0);  // how often it is on the stack
  struct Step {
    std::uint32_t call;
    bool leaves;
  };
  std::vector<Step> pending;
  for (const std::uint32_t callee : calls[0].callees) pending.push_back({callee, false});
  while (!pending.empty()) {
    const Step step = pending.back();
    pending.pop_back();
    const MergedCall& call = calls[step.call];
    if (step.leaves) {
      --depth_of[call.frame];
      continue;
    }
    functions[call.frame].self += call.self;
    if (depth_of[call.frame]++ == 0) functions[call.frame].total += call.total;
    pending.push_back({step.call, true});
    for (const std::uint32_t callee : call.callees) pending.push_back({callee, false});
  }
  return functions;
}

void append_table(std::string& html, const CallTree& tree, const std::vector<MergedCall>& calls,
                  const Chart& chart) {
  const std::vector<FunctionCost> functions = cost_of_functions(tree, calls);
  std::vector<CallTree::FrameId> order(functions.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<CallTree::FrameId>(i);
  const std::size_t rows = std::min(order.size(), kMostRows);
  const auto self_of = [&](CallTree::FrameId id) { return functions[id].self.*chart.cost; };
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(rows),
                            std::greater(), self_of);
  const std::uint64_t all = calls[0].total.*chart.cost;
  html += fmt::format(
      "<table class=\"{}\"><thead><tr><th>self</th><th>of all</th><th>with callees</th>"
      "<th>of all</th>"
      "<th>function</th><th>file</th></tr></thead><tbody>\n",
      chart.name);
  for (std::size_t i = 0; i < rows && self_of(order[i]) > 0; ++i) {
    const FunctionCost& cost = functions[order[i]];
    html += "<tr>";
    for (const std::uint64_t ns : {cost.self.*chart.cost, cost.total.*chart.cost}) {
      html += fmt::format("<td class=\"n\">{}</td><td class=\"n\">{:.1f} %</td>", seconds_text(ns),
                          percent(ns, all));
    }
    html += "<td>";
    append_text(html, tree.frame(order[i]).name);
    html += "</td><td class=\"dim\">";
    append_text(html, tree.frame(order[i]).file);
    html += "</td></tr>\n";
  }
  html += "</tbody></table>\n";
}

void append_head(std::string& html, const Profile& profile) {
  html +=
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head>"
      "<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"";
  // A page cannot forbid by itself that others frame it.
  const std::string_view policy = flame_graph_policy();
  html.append(policy.substr(0, policy.find("; frame-ancestors")));
  html += "\"/>\n<title>";
  append_text(html, title_of(profile));
  html += "</title>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n<style>";
  html += kFlameStyle;
  html += "</style></head>\n<body>\n<h1>tusk profile</h1>\n<p class=\"dim\">";
  append_text(html, title_of(profile));
  html += "</p>\n";
  const std::vector<std::string> notes = notes_of(profile);
  if (notes.empty()) return;
  html += "<ul class=\"notes\">";
  for (const std::string& note : notes) {
    html += "<li>";
    append_text(html, note);
    html += "</li>";
  }
  html += "</ul>\n";
}

void append_controls(std::string& html, const Cost& total) {
  html += fmt::format(
      "<input type=\"radio\" name=\"clock\" id=\"show-wall\" checked=\"checked\"/>"
      "<input type=\"radio\" name=\"clock\" id=\"show-cpu\"/>\n<div class=\"bar\">"
      "<label class=\"tab for-wall\" for=\"show-wall\">Wall-clock time <b>{}</b></label>"
      "<label class=\"tab for-cpu\" for=\"show-cpu\">CPU time <b>{}</b></label>"
      "<input type=\"search\" id=\"search\" placeholder=\"Search: press / \" "
      "aria-label=\"Search functions and files\" hidden=\"hidden\"/><output id=\"found\"></output>"
      "<button id=\"reset\" type=\"button\" hidden=\"hidden\">Show all (Esc)</button></div>\n"
      "<p class=\"dim key\"><span class=\"script\"></span>scripts<span class=\"php\"></span>"
      "functions of PHP and extensions<span class=\"waiting\"></span>waiting</p>\n",
      seconds_text(total.wall_ns), seconds_text(total.cpu_ns));
}

}  // namespace

std::string flame_graph(const Profile& profile) {
  const std::vector<MergedCall> calls = merge_lines(profile.tree);
  std::string html;
  append_head(html, profile);
  append_controls(html, calls[0].total);
  for (const Chart& chart : kCharts) ChartWriter(profile.tree, calls, chart).write(html);
  html += "<h2>Functions by their own time</h2>\n";
  for (const Chart& chart : kCharts) append_table(html, profile.tree, calls, chart);
  html += "<p id=\"detail\" class=\"gone\"></p>\n<script>";
  html += kFlameScript;
  html += "</script>\n</body></html>\n";
  return html;
}

std::string_view flame_graph_policy() {
  static const std::string policy = fmt::format(
      "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'",
      std::string_view(kStyleHash.data(), kStyleHash.size()),
      std::string_view(kScriptHash.data(), kScriptHash.size()));
  return policy;
}

}  // namespace tusk::observe::profile

// A Report as JSON, for programs.

#include <nlohmann/json.hpp>

#include "console/doctor/report.h"

namespace tusk::console::doctor {

namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::kSteady:
      return "grows";
    case FindingKind::kGrown:
      return "longer";
    case FindingKind::kChanged:
      return "changed";
    case FindingKind::kDescriptor:
      return "descriptor";
    case FindingKind::kTransaction:
      return "transaction";
  }
  return {};
}

Json json_of(const RequestResult& result) {
  Json statuses = Json::object();
  for (const auto& [status, times] : result.statuses) statuses[std::to_string(status)] = times;
  Json json{{"method", result.request.method}, {"target", result.request.target},
            {"statuses", std::move(statuses)}, {"unanswered", result.unanswered},
            {"examined", result.examined},     {"compared", result.compared}};
  json["memory_per_request"] =
      result.compared == 0
          ? Json()
          : Json(static_cast<double>(result.memory_growth) / static_cast<double>(result.compared));
  return json;
}

Json json_of(const Finding& finding) {
  Json json{{"kind", name_of(finding.kind)}, {"what", finding.what}, {"times", finding.times}};
  if (!finding.before.empty()) json["before"] = finding.before;
  if (!finding.after.empty()) json["after"] = finding.after;
  json["paths"] = finding.paths;
  return json;
}

}  // namespace

std::string to_json(const Report& report) {
  Json json{{"clean", report.is_clean()},
            {"pool", report.pool},
            {"warm_up_requests", report.warm_up_rounds},
            {"requests", Json::array()},
            {"findings", Json::array()},
            {"ignored", report.ignored},
            {"findings_left_out", report.findings_were_left_out},
            {"boots", report.lives},
            {"ended_early", report.ended_early.empty() ? Json() : Json(report.ended_early)},
            {"log", Json::array()}};
  for (const RequestResult& each : report.requests) json["requests"].push_back(json_of(each));
  for (const Finding& each : report.findings) json["findings"].push_back(json_of(each));
  for (const Trouble& each : report.troubles)
    json["log"].push_back({{"message", each.text}, {"times", each.times}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tusk::console::doctor

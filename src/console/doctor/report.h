// Report: what `tusk doctor resident` has found.
//
// Thread: any; values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "console/doctor/log_reader.h"
#include "console/doctor/planned_request.h"

namespace tusk::console::doctor {

// A request of each round, and what came of it in all rounds.
struct RequestResult {
  PlannedRequest request;
  std::map<int, std::uint64_t> statuses{};  // of the answers, and how many had each
  std::uint64_t unanswered = 0;
  std::uint64_t examined = 0;      // by the doctor: the others were not answered by the script
  std::uint64_t compared = 0;      // of these, after the warm-up
  std::int64_t memory_growth = 0;  // of all that were compared, in bytes

  bool has_failed() const;
};

struct Report {
  std::string pool;
  std::uint64_t warm_up_rounds = 0;
  std::uint64_t rounds = 0;  // that were planned, after the warm-up
  std::vector<RequestResult> requests{};
  std::vector<Finding> findings{};
  std::uint64_t ignored = 0;  // findings that --ignore left out
  bool findings_were_left_out = false;
  std::uint64_t lives = 0;  // of the script; it has booted that often
  std::vector<Trouble> troubles{};
  std::string ended_early{};  // the reason; empty: all requests were sent

  std::uint64_t compared() const;
  // Nothing was found, and everything could be examined.
  bool is_clean() const;
};

// Fills in what the doctor says of the requests. They were sent in turns, `sent` in all.
void add_examined(Report& report, std::span<const ExaminedRequest> examined, std::uint64_t sent);

// Moves the findings to the report, but those whose name matches one of the globs.
void add_findings(Report& report, std::vector<Finding> findings,
                  std::span<const std::string> ignored);

std::string to_text(const Report& report);
std::string to_json(const Report& report);

}  // namespace tusk::console::doctor

// RewindReport: what `tusk doctor rewind` has found.
//
// Thread: any; values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console/doctor/answer_comparison.h"
#include "console/doctor/log_reader.h"
#include "console/doctor/planned_request.h"

namespace tusk::console::doctor {

struct ComparedRequest {
  PlannedRequest request;
  AnswerComparison comparison{};
  std::map<int, std::uint64_t> plain_statuses{};
  std::map<int, std::uint64_t> rewound_statuses{};
  std::uint64_t plain_unanswered = 0;
  std::uint64_t rewound_unanswered = 0;
  std::uint64_t differing = 0;  // of the rewound answers
  std::optional<Difference> first{};

  std::uint64_t compared() const;
  bool is_equal() const;
};

struct RewindReport {
  std::string pool{};
  std::vector<ComparedRequest> requests{};
  // Figures of the workers, after the warm-up and at the end. 0: they could not be read.
  std::uint64_t memory_before = 0;
  std::uint64_t memory_after = 0;
  std::size_t descriptors_before = 0;
  std::size_t descriptors_after = 0;
  std::uint64_t replaced_workers = 0;
  std::vector<std::string> boot_files{};  // that the boot holds open
  std::vector<Trouble> troubles{};        // of the rewound server
  std::string ended_early{};              // the reason; empty: all requests were sent

  // What their memory may grow by, as in a page that is written rarely.
  static constexpr std::uint64_t kMostGrowth = 1U << 20U;

  bool memory_grows() const { return memory_after > memory_before + kMostGrowth; }
  bool descriptors_grow() const { return descriptors_after > descriptors_before; }
  // All answers are equal, and nothing grows.
  bool is_clean() const;
};

std::string to_text(const RewindReport& report);
std::string to_json(const RewindReport& report);

}  // namespace tusk::console::doctor

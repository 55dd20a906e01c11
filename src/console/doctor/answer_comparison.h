// AnswerComparison: whether the answers of a rewound pool to one request are those of plain
// requests.
//
// Thread: any; no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console/http_answer.h"

namespace tusk::console::doctor {

struct Difference {
  std::vector<std::string> plain{};    // lines that the rewound answer does not have
  std::vector<std::string> rewound{};  // lines that no plain answer has
};

// Lines that differ between the plain answers already, such as a quotation of the day, may differ
// in a rewound one as well.
class AnswerComparison {
 public:
  void add_plain(const HttpAnswer& answer);
  std::optional<Difference> compare(const HttpAnswer& rewound) const;

 private:
  // A line, and which of several equal ones of an answer.
  using Key = std::pair<std::string, std::uint32_t>;
  static std::vector<Key> keys_of(const HttpAnswer& answer);
  // The most lines of a plain answer that are not in all of them.
  std::size_t most_varying() const;

  std::vector<std::vector<Key>> answers_;
  std::map<Key, std::size_t> plain_;  // and in how many answers each is
};

}  // namespace tusk::console::doctor

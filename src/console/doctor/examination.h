// Examination: what a server process must know that `tusk doctor` has started for itself.
//
// Thread: main.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tusk::console::doctor {

// The variable that hands it to the server process.
inline constexpr const char* kExaminationVariable = "TUSK_EXAMINATION";

enum class Subject : std::uint8_t {
  kResident,  // what a resident script leaves
  kPlain,     // the answers of plain requests
  kRewound,   // those of a pool that rewinds
};

struct Examination {
  Subject subject = Subject::kResident;
  std::uint64_t warm_up = 1;  // requests of a script's life that are only compared with
  std::uint64_t round = 1;    // requests after which the same ones come again
  std::string pool{};         // empty: the only one with a resident script
};

std::string to_text(const Examination& examination);
std::optional<Examination> parse_examination(std::string_view text);

// Takes the variable out of the environment.
std::optional<Examination> take_examination();

}  // namespace tusk::console::doctor

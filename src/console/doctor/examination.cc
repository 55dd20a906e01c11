#include "console/doctor/examination.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <system_error>

namespace tusk::console::doctor {

namespace {

bool take_number(std::string_view& text, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != ' ' || number == 0) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
  return true;
}

constexpr std::array kSubjects = {Subject::kResident, Subject::kPlain, Subject::kRewound};

std::string_view name_of(Subject subject) {
  switch (subject) {
    case Subject::kResident:
      return "resident";
    case Subject::kPlain:
      return "plain";
    case Subject::kRewound:
      return "rewound";
  }
  return {};
}

bool take_subject(std::string_view& text, Subject& subject) {
  const std::string_view word = text.substr(0, text.find(' '));
  const auto found = std::ranges::find(kSubjects, word, name_of);
  if (found == kSubjects.end()) return false;
  subject = *found;
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return true;
}

}  // namespace

std::string to_text(const Examination& examination) {
  return std::string(name_of(examination.subject)) + " " + std::to_string(examination.warm_up) +
         " " + std::to_string(examination.round) + " " + examination.pool;
}

std::optional<Examination> parse_examination(std::string_view text) {
  Examination examination;
  if (!take_subject(text, examination.subject)) return std::nullopt;
  if (!take_number(text, examination.warm_up) || !take_number(text, examination.round))
    return std::nullopt;
  examination.pool = text;
  return examination;
}

std::optional<Examination> take_examination() {
  const char* const text = std::getenv(kExaminationVariable);
  if (text == nullptr) return std::nullopt;
  std::optional<Examination> examination = parse_examination(text);
  ::unsetenv(kExaminationVariable);
  return examination;
}

}  // namespace tusk::console::doctor

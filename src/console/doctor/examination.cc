#include "console/doctor/examination.h"

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

}  // namespace

std::string to_text(const Examination& examination) {
  return std::to_string(examination.warm_up) + " " + std::to_string(examination.round) + " " +
         examination.pool;
}

std::optional<Examination> parse_examination(std::string_view text) {
  Examination examination;
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

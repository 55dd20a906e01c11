// Refusal: why a request is answered with an error before anybody else sees it.
//
// Thread: any; a value.
#pragma once

#include <string_view>

namespace tusk::http {

// The result of checking a request's head: a status and a reason for the log, or neither.
struct Refusal {
  int status = 0;           // 0: the request is not refused
  std::string_view reason;  // a literal

  bool refused() const { return status != 0; }
};

// The result of a check that finds nothing wrong.
inline constexpr Refusal kNotRefused{};

}  // namespace tusk::http

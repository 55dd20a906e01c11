// choice(): one value that an option of type kChoice may have.
//
// Thread: any; constant data.
#pragma once

#include <string_view>

#include "config/option.h"

namespace tusk::config::options {

template <class Enum>
constexpr Choice choice(std::string_view text, Enum value, bool listed = true) {
  return {.text = text, .value = static_cast<int>(value), .listed = listed};
}

}  // namespace tusk::config::options

// choice() and alias(): the values that an option of type kChoice may have.
//
// Thread: any; constant data.
#pragma once

#include <string_view>

#include "config/option.h"

namespace tusk::config::options {

template <class Enum>
constexpr Choice choice(std::string_view text, Enum value) {
  return {.text = text, .value = static_cast<int>(value)};
}

// Another name of a choice. It is accepted, but not shown.
template <class Enum>
constexpr Choice alias(std::string_view text, Enum value) {
  return {.text = text, .value = static_cast<int>(value), .listed = false};
}

}  // namespace tusk::config::options

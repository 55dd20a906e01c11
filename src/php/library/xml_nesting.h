// How deep the elements of a piece of XML are nested, as far as it can be told without parsing it.
// Never less than what libxml2 finds before its first error.
//
// Thread: any.
#pragma once

#include <string_view>

namespace tusk::php::library {

bool nested_deeper_than(std::string_view xml, unsigned limit) noexcept;

}  // namespace tusk::php::library

// Releases a text that a global of PHP owns, if it has one.
//
// Thread: the worker's.
#pragma once

#include "php/zend.h"

namespace tusk::php::resident::state {

inline void release_text(zend_string*& text) {
  if (text != nullptr) zend_string_release(text);
  text = nullptr;
}

inline void release_text(char*& text) {
  if (text != nullptr) efree(text);
  text = nullptr;
}

}  // namespace tusk::php::resident::state

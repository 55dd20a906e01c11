// Fingerprint: a PHP value as it was after a request, without the value: its type, its size and a
// hash.
//
// Thread: a worker's. Nothing here calls PHP code, allocates PHP's memory or bails out.
#pragma once

#include <cstdint>
#include <string>

#include "php/zend.h"

namespace tusk::php::resident::doctor {

struct Fingerprint {
  std::uint8_t type = IS_UNDEF;
  std::uint64_t size = 0;  // of a string in bytes, of an array in elements; an object's number
  std::uint64_t hash = 0;
  const zend_class_entry* of_class = nullptr;  // classes live as long as the script

  bool operator==(const Fingerprint&) const = default;
  bool is_set() const { return type > IS_NULL; }
  bool is_longer_than(const Fingerprint& other) const {
    return (type == IS_STRING || type == IS_ARRAY) && type == other.type && size > other.size;
  }
};

// Looks into arrays, but not into objects: the walk comes to each object by itself. The rest of a
// very large array or string counts by its size alone.
Fingerprint fingerprint(const zval& value);

// "array(3)", "string(12)", "App\User#7". Secrets stay secret: a value is never in it.
std::string description(const Fingerprint& print);

}  // namespace tusk::php::resident::doctor

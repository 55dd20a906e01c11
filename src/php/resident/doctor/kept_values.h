// KeptValues: the values that outlive a request, as they were after the last one: global and static
// variables, static properties, properties of objects and variables of closures.
//
// Owner: the doctor. Thread: its worker. Nothing here calls PHP code, allocates PHP's memory or
// bails out.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "php/resident/doctor/findings.h"
#include "php/resident/doctor/fingerprint.h"

namespace tusk::php::resident::doctor {

class KeptValues {
 public:
  // Before a handler runs: the loop of the script may change global variables by itself.
  void look_at_globals();
  // After a request: adds a finding for each value that differs from what it was before. Without
  // `findings`, only remembers.
  void look(Findings* findings);
  void forget();

  // What objects there are, by class, at the last look().
  const std::unordered_map<const zend_class_entry*, std::uint64_t>& objects() const {
    return objects_;
  }

 private:
  // Where a value is. `owner` is a class, a function, an object's number with the lowest bit set,
  // or 0 for global variables; `at` is a slot or the hash of a name.
  struct Place {
    std::uint64_t owner;
    std::uint64_t at;
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return (place.owner * 0x9e3779b97f4a7c15ULL) ^ place.at;
    }
  };
  struct Kept {
    Fingerprint print;
    const zend_class_entry* of_class = nullptr;  // of the object: its number may be another's now
  };
  using Places = std::unordered_map<Place, Kept, PlaceHash>;

  // `name` is called if the value differs.
  template <class Name>
  void see(const Place& place, const Fingerprint& print, const zend_class_entry* of_class,
           Name name);
  // A variable that was captured by reference is one variable: it is looked at where the walk finds
  // it first.
  bool is_seen_elsewhere(const zval& value);
  void walk_globals();
  void walk_functions(const HashTable& functions, const zend_class_entry* scope);
  void walk_static_variables(const zend_op_array& code, std::uint64_t owner,
                             const zend_class_entry* scope);
  void walk_classes();
  void walk_static_properties(const zend_class_entry& entry);
  void walk_objects();
  void walk_object(const zend_object& object);
  void walk_dynamic_properties(const zend_object& object, std::uint64_t owner);
  void report(const std::string& name, const Fingerprint& before, const Fingerprint& after);

  Places kept_;
  Places seen_;                                           // while look() runs
  std::unordered_set<const zend_reference*> references_;  // the same
  Findings* findings_ = nullptr;
  std::unordered_map<const zend_class_entry*, std::uint64_t> objects_;
};

}  // namespace tusk::php::resident::doctor

#include "php/resident/doctor/kept_values.h"

#include <array>
#include <bit>
#include <string_view>
#include <utility>

namespace tusk::php::resident::doctor {

namespace {

constexpr std::uint64_t kGlobals = 0;
// The number of dynamic properties of an object. Slots are lower, and hashes of PHP's names have
// the highest bit.
constexpr std::uint64_t kDynamicProperties = 1ULL << 32U;

std::uint64_t owner_of(const void* pointer) { return std::bit_cast<std::uint64_t>(pointer); }

std::string_view view(const zend_string* text) { return {ZSTR_VAL(text), ZSTR_LEN(text)}; }

std::string class_name(const zend_class_entry& entry) {
  // An anonymous class has a NUL and the place of its file behind its name.
  std::string_view name = view(entry.name);
  return std::string(name.substr(0, name.find('\0')));
}

// The name as the class has it: PHP stores that of a private property with the name of its class.
std::string_view plain_name(const zend_string* name) {
  const std::string_view text = view(name);
  return text.starts_with('\0') ? text.substr(text.rfind('\0') + 1) : text;
}

// Those that every request gets anew, and what the command line sets.
bool is_superglobal(zend_string* name) {
  const std::string_view text = view(name);
  return text == "argv" || text == "argc" || text == "GLOBALS" ||
         zend_hash_exists(CG(auto_globals), name);
}

std::string function_name(const zend_op_array& code, const zend_class_entry* scope) {
  std::string name = scope == nullptr ? std::string() : class_name(*scope) + "::";
  if ((code.fn_flags & ZEND_ACC_CLOSURE) == 0 && code.function_name != nullptr)
    return name + std::string(view(code.function_name)) + "()";
  name = "closure";
  if (code.filename != nullptr) name += " of " + std::string(view(code.filename));
  return name + ":" + std::to_string(code.line_start);
}

// Null: the object is not a closure made of PHP code.
const zend_op_array* code_of_closure(zend_object& object) {
  if (object.ce->type != ZEND_INTERNAL_CLASS || view(object.ce->name) != "Closure") return nullptr;
  zend_class_entry* called_class = nullptr;
  zend_function* function = nullptr;
  zend_object* bound = nullptr;
  if (object.handlers->get_closure(&object, &called_class, &function, &bound, true) != SUCCESS)
    return nullptr;
  // strlen(...) and f(...) share the variables of their function.
  if (function->type != ZEND_USER_FUNCTION ||
      (function->common.fn_flags & ZEND_ACC_FAKE_CLOSURE) != 0)
    return nullptr;
  return &function->op_array;
}

}  // namespace

template <class Name>
void KeptValues::see(const Place& place, const Fingerprint& print, const zend_class_entry* of_class,
                     Name name) {
  if (!seen_.try_emplace(place, Kept{print, of_class}).second || findings_ == nullptr) return;
  const auto before = kept_.find(place);
  if (before == kept_.end()) {
    // A class was loaded, or an object made. A new global variable is the request's, however.
    if (place.owner == kGlobals) report(name(), Fingerprint{}, print);
  } else if (before->second.of_class == of_class && before->second.print != print &&
             before->second.print.type != IS_CONSTANT_AST) {  // PHP evaluates it at its first use
    report(name(), before->second.print, print);
  }
}

void KeptValues::report(const std::string& name, const Fingerprint& before,
                        const Fingerprint& after) {
  const std::string was = description(before);
  std::string is = description(after);
  if (is == was) is = "another " + is;
  const bool longer = after.is_longer_than(before);
  findings_->add(longer ? FindingKind::kGrown : FindingKind::kChanged, name, was, is);
}

void KeptValues::look_at_globals() {
  if (kept_.empty()) return;
  findings_ = nullptr;
  std::erase_if(kept_, [](const auto& one) { return one.first.owner == kGlobals; });
  seen_.clear();
  walk_globals();
  kept_.merge(seen_);
  references_.clear();
}

void KeptValues::look(Findings* findings) {
  findings_ = findings;
  seen_.clear();
  seen_.reserve(kept_.size());
  objects_.clear();
  walk_globals();
  walk_functions(*EG(function_table), nullptr);
  walk_classes();
  walk_objects();
  std::swap(kept_, seen_);
  seen_.clear();
  references_.clear();
  findings_ = nullptr;
}

void KeptValues::forget() {
  kept_.clear();
  seen_.clear();
  objects_.clear();
}

bool KeptValues::is_seen_elsewhere(const zval& given) {
  const zval* value = &given;
  if (Z_TYPE_P(value) == IS_INDIRECT) value = Z_INDIRECT_P(value);
  return Z_ISREF_P(value) && Z_REFCOUNT_P(value) > 1 && !references_.insert(Z_REF_P(value)).second;
}

void KeptValues::walk_globals() {
  zend_string* name = nullptr;
  zval* value = nullptr;
  ZEND_HASH_FOREACH_STR_KEY_VAL(&EG(symbol_table), name, value) {
    if (name == nullptr || is_superglobal(name)) continue;
    is_seen_elsewhere(*value);
    const Fingerprint print = fingerprint(*value);
    // Variables of the script's own code that it has not set yet.
    if (print.type == IS_UNDEF) continue;
    see({kGlobals, ZSTR_H(name)}, print, nullptr,
        [&] { return "global $" + std::string(view(name)); });
  }
  ZEND_HASH_FOREACH_END();
}

void KeptValues::walk_functions(const HashTable& functions, const zend_class_entry* scope) {
  void* element = nullptr;
  ZEND_HASH_MAP_FOREACH_PTR(compatibility::to_visit(&functions), element) {
    const auto* const function = static_cast<const zend_function*>(element);
    // A method that is inherited is walked with its own class.
    if (function->type != ZEND_USER_FUNCTION || function->common.scope != scope) continue;
    walk_static_variables(function->op_array, owner_of(function), scope);
  }
  ZEND_HASH_FOREACH_END();
}

void KeptValues::walk_static_variables(const zend_op_array& code, std::uint64_t owner,
                                       const zend_class_entry* scope) {
  if (code.static_variables == nullptr || ZEND_MAP_PTR(code.static_variables_ptr) == nullptr)
    return;
  const auto* const variables =
      static_cast<const HashTable*>(ZEND_MAP_PTR_GET(code.static_variables_ptr));
  if (variables == nullptr) return;  // it has not been called yet
  zend_string* name = nullptr;
  zval* value = nullptr;
  ZEND_HASH_FOREACH_STR_KEY_VAL(compatibility::to_visit(variables), name, value) {
    if (name == nullptr || is_seen_elsewhere(*value)) continue;
    see({owner, ZSTR_H(name)}, fingerprint(*value), nullptr,
        [&] { return function_name(code, scope) + " $" + std::string(view(name)); });
  }
  ZEND_HASH_FOREACH_END();
}

void KeptValues::walk_classes() {
  void* element = nullptr;
  ZEND_HASH_MAP_FOREACH_PTR(EG(class_table), element) {
    const auto* const entry = static_cast<const zend_class_entry*>(element);
    if (entry->type != ZEND_USER_CLASS) continue;
    walk_static_properties(*entry);
    walk_functions(entry->function_table, entry);
  }
  ZEND_HASH_FOREACH_END();
}

void KeptValues::walk_static_properties(const zend_class_entry& entry) {
  if (entry.default_static_members_count == 0) return;
  const zval* members = entry.default_static_members_table;  // if nobody has used them yet
  if (ZEND_MAP_PTR(entry.static_members_table) != nullptr) {
    const auto* const used = static_cast<const zval*>(CE_STATIC_MEMBERS(&entry));
    if (used != nullptr) members = used;
  }
  void* element = nullptr;
  ZEND_HASH_MAP_FOREACH_PTR(compatibility::to_visit(&entry.properties_info), element) {
    const auto* const property = static_cast<const zend_property_info*>(element);
    // One that is inherited is walked with its own class.
    if ((property->flags & ZEND_ACC_STATIC) == 0 || property->ce != &entry) continue;
    see({owner_of(&entry), property->offset}, fingerprint(members[property->offset]), nullptr,
        [&] { return class_name(entry) + "::$" + std::string(plain_name(property->name)); });
  }
  ZEND_HASH_FOREACH_END();
}

void KeptValues::walk_objects() {
  const zend_objects_store& store = EG(objects_store);
  for (std::uint32_t i = 1; i < store.top; ++i) {
    const zend_object* const object = store.object_buckets[i];
    if (!IS_OBJ_VALID(object) || (OBJ_FLAGS(object) & IS_OBJ_FREE_CALLED) != 0) continue;
    ++objects_[object->ce];
    walk_object(*object);
  }
}

void KeptValues::walk_object(const zend_object& object) {
  const zend_class_entry& entry = *object.ce;
  const std::uint64_t owner = (std::uint64_t{object.handle} << 1U) | 1U;
  const zend_property_info* const* const slots = entry.properties_info_table;
  for (int slot = 0; slots != nullptr && slot < entry.default_properties_count; ++slot) {
    const zend_property_info* const property = slots[slot];
    if (property == nullptr) continue;
    see({owner, static_cast<std::uint64_t>(slot)}, fingerprint(object.properties_table[slot]),
        &entry, [&] { return class_name(entry) + "->" + std::string(plain_name(property->name)); });
  }
  if ((entry.ce_flags & ZEND_ACC_NO_DYNAMIC_PROPERTIES) == 0)
    walk_dynamic_properties(object, owner);
  if (const zend_op_array* const code = code_of_closure(const_cast<zend_object&>(object)))
    walk_static_variables(*code, owner, code->scope);
}

void KeptValues::walk_dynamic_properties(const zend_object& object, std::uint64_t owner) {
  const zend_class_entry& entry = *object.ce;
  Fingerprint all{.type = IS_ARRAY};
  zend_string* name = nullptr;
  zval* value = nullptr;
  const HashTable* const properties =
      object.properties == nullptr ? &zend_empty_array : object.properties;
  ZEND_HASH_FOREACH_STR_KEY_VAL(compatibility::to_visit(properties), name, value) {
    if (Z_TYPE_P(value) == IS_INDIRECT || name == nullptr) continue;  // a declared one
    ++all.size;
    see({owner, ZSTR_H(name)}, fingerprint(*value), &entry,
        [&] { return class_name(entry) + "->" + std::string(plain_name(name)); });
  }
  ZEND_HASH_FOREACH_END();
  see({owner, kDynamicProperties}, all, &entry,
      [&] { return class_name(entry) + "'s dynamic properties"; });
}

}  // namespace tusk::php::resident::doctor

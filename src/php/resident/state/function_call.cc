#include "php/resident/state/function_call.h"

#include <cstddef>
#include <cstdint>

#include "php/compatibility/versions.h"

namespace tusk::php::resident::state {

namespace {

// In the order of kCalledFunctions. An extension that is absent leaves its functions empty. Written
// before there are workers.
constinit std::array<zend_internal_function, kCalledFunctions.size()> kept_functions{};

zend_function* find(HashTable* table, std::string_view name) {
  return static_cast<zend_function*>(zend_hash_str_find_ptr(table, name.data(), name.size()));
}

// What an observer of calls (a debugger's extension) needs is set after modules have started, so
// another function's is borrowed.
void prepare_for_observers(zend_internal_function& function) {
  if (!ZEND_OBSERVER_ENABLED) return;
  void* element = nullptr;
  ZEND_HASH_MAP_FOREACH_PTR(CG(function_table), element) {
    const auto& other = *static_cast<const zend_function*>(element);
    if (other.type != ZEND_INTERNAL_FUNCTION) continue;
    function.T = other.internal_function.T;
    ZEND_MAP_PTR_INIT(function.run_time_cache,
                      ZEND_MAP_PTR(other.internal_function.run_time_cache));
    return;
  }
  ZEND_HASH_FOREACH_END();
}

}  // namespace

void keep_called_functions() noexcept {
  for (std::size_t i = 0; i < kCalledFunctions.size(); ++i) {
    const zend_function* const function = find(CG(function_table), kCalledFunctions[i]);
    if (function == nullptr) continue;
    zend_internal_function& kept = kept_functions[i];
    kept = function->internal_function;
    // PHP frees these with the function that it removes. None is passed by reference or by name, so
    // calls from C do not need them.
    kept.arg_info = nullptr;
    kept.num_args = kept.required_num_args = 0;
    kept.fn_flags &= ~static_cast<std::uint32_t>(ZEND_ACC_VARIADIC | ZEND_ACC_HAS_RETURN_TYPE);
    kept.attributes = nullptr;
    compatibility::drop_comment(kept);
  }
}

FunctionCall::FunctionCall(std::string_view name) {
  zend_function* const function = find(EG(function_table), name);
  // A script may define a function with the name of a disabled one.
  if (function != nullptr && function->type == ZEND_INTERNAL_FUNCTION) {
    function_ = function;
    return;
  }
  const auto* const found = std::ranges::find(kCalledFunctions, name);
  if (found == kCalledFunctions.end()) return;
  kept_.internal_function =
      kept_functions[static_cast<std::size_t>(found - kCalledFunctions.begin())];
  if (kept_.internal_function.handler == nullptr) return;
  prepare_for_observers(kept_.internal_function);
  function_ = &kept_;
}

}  // namespace tusk::php::resident::state

#include "php/resident/state/stream_filters.h"

namespace tusk::php::resident::state {

namespace {

std::size_t count_filters() {
  const HashTable* const filters = BG(user_filter_map);
  return filters != nullptr ? zend_hash_num_elements(filters) : 0;
}

}  // namespace

struct FilterRegistration {
  static inline zif_handler original = nullptr;

  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    StreamFilters* const filters = StreamFilters::current_;
    if (filters != nullptr && ZEND_NUM_ARGS() == 2) {
      const zval* const name = ZEND_CALL_ARG(execute_data, 1);
      if (Z_TYPE_P(name) == IS_STRING) filters->about_to_register(Z_STR_P(name));
    }
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
  }
};

void StreamFilters::install() noexcept {
  auto* const function = static_cast<zend_internal_function*>(
      zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("stream_filter_register")));
  if (function == nullptr) return;
  FilterRegistration::original = function->handler;
  function->handler = FilterRegistration::call;
}

void StreamFilters::take() {
  current_ = this;
  of_boot_ = stayed_ = count_filters();
}

void StreamFilters::request_ended() { stayed_ = count_filters(); }

void StreamFilters::about_to_register(zend_string* name) {
  if (stayed_ == of_boot_) return;
  std::size_t at = 0;
  zend_string* known = nullptr;
  ZEND_HASH_MAP_FOREACH_STR_KEY(BG(user_filter_map), known) {
    if (zend_string_equals(known, name)) break;
    ++at;
  }
  ZEND_HASH_FOREACH_END();
  if (at < of_boot_ || at >= stayed_) return;
  --stayed_;
  zend_hash_del(BG(user_filter_map), name);
  zend_hash_del(FG(stream_filters), name);
}

}  // namespace tusk::php::resident::state

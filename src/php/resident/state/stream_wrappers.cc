#include "php/resident/state/stream_wrappers.h"

#include <utility>

#include "php/compatibility/versions.h"
#include "php/resident/state/function_call.h"

namespace tusk::php::resident::state {

namespace {

// struct php_user_stream_wrapper of main/streams/userspace.c.
struct UserWrapper {
  php_stream_wrapper wrapper;
  char* protocol;
  zend_class_entry* type;
  zend_resource* resource;
};

// Null: it is one of PHP's own. A script's points to itself.
UserWrapper* user_wrapper(php_stream_wrapper* wrapper) {
  return wrapper->abstract == wrapper ? reinterpret_cast<UserWrapper*>(wrapper) : nullptr;
}

void refer_to(php_stream_wrapper* wrapper) {
  if (UserWrapper* const user = user_wrapper(wrapper)) GC_ADDREF(user->resource);
}

void release_wrapper(php_stream_wrapper* wrapper) {
  if (UserWrapper* const user = user_wrapper(wrapper)) zend_list_delete(user->resource);
}

// unregister() releases what registering has made.
void unregister(zend_string* protocol) {
  zval argument;
  ZVAL_STR_COPY(&argument, protocol);  // the list's own is released with its element
  zval result;
  FunctionCall("stream_wrapper_unregister").call(&argument, 1, result);
  zval_ptr_dtor(&argument);
  zval_ptr_dtor(&result);
}

const HashTable* wrappers_of_php() { return php_stream_get_url_stream_wrappers_hash_global(); }

php_stream_wrapper* find_in(const HashTable* wrappers, zend_string* protocol) {
  return static_cast<php_stream_wrapper*>(zend_hash_find_ptr(wrappers, protocol));
}

}  // namespace

struct WrapperRegistration {
  static inline zif_handler original = nullptr;

  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    const StreamWrappers* const wrappers = StreamWrappers::current_;
    if (wrappers != nullptr && ZEND_NUM_ARGS() >= 2) {
      const zval* const protocol = ZEND_CALL_ARG(execute_data, 1);
      if (Z_TYPE_P(protocol) == IS_STRING) wrappers->about_to_register(Z_STR_P(protocol));
    }
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
  }
};

void StreamWrappers::install() noexcept {
  auto* const function = static_cast<zend_internal_function*>(
      zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("stream_wrapper_register")));
  if (function == nullptr) return;
  WrapperRegistration::original = function->handler;
  function->handler = WrapperRegistration::call;
}

void StreamWrappers::take() {
  current_ = this;
  remember(Stage::kBoot);
}

void StreamWrappers::renew() { remember(Stage::kRequest); }

void StreamWrappers::remember(Stage stage) {
  std::vector<Wrapper> now;
  if (FG(stream_wrappers) != nullptr) {
    zend_string* protocol = nullptr;
    void* each = nullptr;
    ZEND_HASH_MAP_FOREACH_STR_KEY_PTR(FG(stream_wrappers), protocol, each) {
      auto* const wrapper = static_cast<php_stream_wrapper*>(each);
      const bool of_request = stage == Stage::kRequest && is_of_request(protocol);
      now.push_back({zend_string_copy(protocol), wrapper, of_request});
      refer_to(wrapper);
    }
    ZEND_HASH_FOREACH_END();
  }
  release();
  wrappers_ = std::move(now);
  own_ = FG(stream_wrappers) != nullptr;
}

const StreamWrappers::Wrapper* StreamWrappers::find(const zend_string* protocol) const {
  for (const Wrapper& each : wrappers_) {
    if (zend_string_equals(each.protocol, protocol)) return &each;
  }
  return nullptr;
}

php_stream_wrapper* StreamWrappers::before(zend_string* protocol) const {
  if (!own_) return find_in(wrappers_of_php(), protocol);
  const Wrapper* const known = find(protocol);
  return known != nullptr ? known->wrapper : nullptr;
}

// Neither PHP nor the boot has the protocol.
bool StreamWrappers::is_of_request(zend_string* protocol) const {
  const Wrapper* const known = find(protocol);
  return known != nullptr ? known->of_request : find_in(wrappers_of_php(), protocol) == nullptr;
}

bool StreamWrappers::unchanged() const {
  if (!own_ || zend_hash_num_elements(FG(stream_wrappers)) != wrappers_.size()) return false;
  for (const Wrapper& each : wrappers_) {
    if (find_in(FG(stream_wrappers), each.protocol) != each.wrapper) return false;
  }
  return true;
}

void StreamWrappers::put_back() {
  if (FG(stream_wrappers) == nullptr || unchanged()) return;
  const bool has_new = remove_changed();
  if (!own_ && !has_new) {
    zend_hash_destroy(FG(stream_wrappers));
    efree(FG(stream_wrappers));
    FG(stream_wrappers) = nullptr;
    return;
  }
  restore_missing();
  if (has_new) adopt();
}

// True: there are wrappers that stay.
bool StreamWrappers::remove_changed() const {
  bool has_new = false;
  zend_string* protocol = nullptr;
  void* wrapper = nullptr;
  ZEND_HASH_MAP_REVERSE_FOREACH_STR_KEY_PTR(FG(stream_wrappers), protocol, wrapper) {
    auto* const now = static_cast<php_stream_wrapper*>(wrapper);
    if (before(protocol) == now || user_wrapper(now) == nullptr) continue;
    if (is_of_request(protocol)) {
      has_new = true;
    } else {
      unregister(protocol);
    }
  }
  ZEND_HASH_FOREACH_END();
  return has_new;
}

void StreamWrappers::restore_missing() const {
  zend_string* protocol = nullptr;
  if (!own_) {
    void* wrapper = nullptr;
    ZEND_HASH_MAP_FOREACH_STR_KEY_PTR(compatibility::to_visit(wrappers_of_php()), protocol,
                                      wrapper) {
      if (find_in(FG(stream_wrappers), protocol) != wrapper)
        zend_hash_update_ptr(FG(stream_wrappers), protocol, wrapper);
    }
    ZEND_HASH_FOREACH_END();
    return;
  }
  for (const Wrapper& each : wrappers_) {
    const php_stream_wrapper* const now = find_in(FG(stream_wrappers), each.protocol);
    if (now == each.wrapper || (each.of_request && now != nullptr)) continue;
    refer_to(each.wrapper);
    zend_hash_update_ptr(FG(stream_wrappers), each.protocol, each.wrapper);
  }
  // PHP's own that the boot had unregistered and a request has restored.
  ZEND_HASH_MAP_REVERSE_FOREACH_STR_KEY(FG(stream_wrappers), protocol) {
    if (find(protocol) == nullptr && !is_of_request(protocol))
      zend_hash_del(FG(stream_wrappers), protocol);
  }
  ZEND_HASH_FOREACH_END();
}

void StreamWrappers::adopt() {
  zend_string* protocol = nullptr;
  void* wrapper = nullptr;
  ZEND_HASH_MAP_FOREACH_STR_KEY_PTR(FG(stream_wrappers), protocol, wrapper) {
    adopt(protocol, static_cast<php_stream_wrapper*>(wrapper));
  }
  ZEND_HASH_FOREACH_END();
  own_ = true;
}

void StreamWrappers::adopt(zend_string* protocol, php_stream_wrapper* wrapper) {
  for (Wrapper& each : wrappers_) {
    if (!zend_string_equals(each.protocol, protocol)) continue;
    if (each.wrapper == wrapper) return;
    release_wrapper(each.wrapper);
    each.wrapper = wrapper;
    return refer_to(wrapper);
  }
  wrappers_.push_back({zend_string_copy(protocol), wrapper, is_of_request(protocol)});
  refer_to(wrapper);
}

void StreamWrappers::about_to_register(zend_string* protocol) const {
  const Wrapper* const known = find(protocol);
  if (known == nullptr || !known->of_request) return;
  // Not if this request has registered it once already.
  if (find_in(FG(stream_wrappers), protocol) == known->wrapper) unregister(protocol);
}

void StreamWrappers::release() {
  for (const Wrapper& each : wrappers_) {
    release_wrapper(each.wrapper);
    zend_string_release(each.protocol);
  }
  wrappers_.clear();
}

void StreamWrappers::forget() {
  current_ = nullptr;
  release();
}

}  // namespace tusk::php::resident::state

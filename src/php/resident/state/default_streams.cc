#include "php/resident/state/default_streams.h"

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

// unregister() releases what registering has made.
void unregister(zend_string* protocol) {
  zval argument;
  ZVAL_STR_COPY(&argument, protocol);  // the list's own is released with its element
  zval result;
  FunctionCall("stream_wrapper_unregister").call(&argument, 1, result);
  zval_ptr_dtor(&argument);
  zval_ptr_dtor(&result);
}

void free_list(HashTable*& list) {
  zend_hash_destroy(list);
  efree(list);
  list = nullptr;
}

// A list only grows, at its end.
void shorten(HashTable*& list, std::size_t length) {
  if (list == nullptr || zend_hash_num_elements(list) <= length) return;
  if (length == 0) return free_list(list);
  zend_string* name = nullptr;
  ZEND_HASH_MAP_REVERSE_FOREACH_STR_KEY(list, name) {
    if (zend_hash_num_elements(list) <= length) break;
    zend_hash_del(list, name);
  }
  ZEND_HASH_FOREACH_END();
}

std::size_t length(const HashTable* list) {
  return list != nullptr ? zend_hash_num_elements(list) : 0;
}

bool same_options(const zval& left, const zval& right) {
  return Z_TYPE(left) == IS_ARRAY && Z_TYPE(right) == IS_ARRAY && Z_ARR(left) == Z_ARR(right);
}

}  // namespace

void DefaultStreams::take() {
  own_wrappers_ = FG(stream_wrappers) != nullptr;
  if (own_wrappers_) {
    zend_string* protocol = nullptr;
    void* wrapper = nullptr;
    ZEND_HASH_MAP_FOREACH_STR_KEY_PTR(FG(stream_wrappers), protocol, wrapper) {
      auto* const known = static_cast<php_stream_wrapper*>(wrapper);
      wrappers_.push_back({zend_string_copy(protocol), known});
      refer_to(known);
    }
    ZEND_HASH_FOREACH_END();
  }
  filters_ = length(FG(stream_filters));
  filter_names_ = length(BG(user_filter_map));
  context_ = FG(default_context) != nullptr ? FG(default_context)->res : nullptr;
  ZVAL_UNDEF(&context_options_);
  if (context_ != nullptr) {
    GC_ADDREF(context_);
    ZVAL_COPY(&context_options_, &FG(default_context)->options);
  }
}

bool DefaultStreams::put_back() {
  if (FG(stream_wrappers) != nullptr && !has_boot_wrappers()) put_back_wrappers();
  put_back_filters();
  return put_back_context();
}

const DefaultStreams::Wrapper* DefaultStreams::find(const zend_string* protocol) const {
  for (const Wrapper& each : wrappers_) {
    if (zend_string_equals(each.protocol, protocol)) return &each;
  }
  return nullptr;
}

bool DefaultStreams::has_boot_wrappers() const {
  if (!own_wrappers_ || length(FG(stream_wrappers)) != wrappers_.size()) return false;
  for (const Wrapper& each : wrappers_) {
    if (zend_hash_find_ptr(FG(stream_wrappers), each.protocol) != each.wrapper) return false;
  }
  return true;
}

void DefaultStreams::put_back_wrappers() {
  zend_string* protocol = nullptr;
  void* wrapper = nullptr;
  ZEND_HASH_MAP_REVERSE_FOREACH_STR_KEY_PTR(FG(stream_wrappers), protocol, wrapper) {
    auto* const now = static_cast<php_stream_wrapper*>(wrapper);
    const Wrapper* const boot = find(protocol);
    const bool is_boots = boot != nullptr && boot->wrapper == now;
    if (!is_boots && user_wrapper(now) != nullptr) unregister(protocol);
  }
  ZEND_HASH_FOREACH_END();
  if (!own_wrappers_) return free_list(FG(stream_wrappers));
  for (const Wrapper& each : wrappers_) {
    if (zend_hash_find_ptr(FG(stream_wrappers), each.protocol) == each.wrapper) continue;
    refer_to(each.wrapper);
    zend_hash_update_ptr(FG(stream_wrappers), each.protocol, each.wrapper);
  }
  // PHP's own that the boot had unregistered and a request has restored.
  ZEND_HASH_MAP_REVERSE_FOREACH_STR_KEY(FG(stream_wrappers), protocol) {
    if (find(protocol) == nullptr) zend_hash_del(FG(stream_wrappers), protocol);
  }
  ZEND_HASH_FOREACH_END();
}

void DefaultStreams::put_back_filters() const {
  shorten(FG(stream_filters), filters_);
  shorten(BG(user_filter_map), filter_names_);
}

// PHP makes a default context for the first stream that has none. Open streams hold it themselves.
bool DefaultStreams::put_back_context() {
  php_stream_context* const now = FG(default_context);
  zend_resource* const resource = now != nullptr ? now->res : nullptr;
  const bool other = resource != context_;
  if (other) {
    if (resource != nullptr) zend_list_delete(resource);
    FG(default_context) =
        context_ != nullptr ? static_cast<php_stream_context*>(context_->ptr) : nullptr;
    if (context_ != nullptr) GC_ADDREF(context_);
  }
  if (context_ == nullptr || FG(default_context) == nullptr ||
      same_options(FG(default_context)->options, context_options_)) {
    return other;
  }
  zval old;
  ZVAL_COPY_VALUE(&old, &FG(default_context)->options);
  ZVAL_COPY(&FG(default_context)->options, &context_options_);
  zval_ptr_dtor(&old);
  return true;
}

void DefaultStreams::forget() {
  for (const Wrapper& each : wrappers_) {
    if (UserWrapper* const user = user_wrapper(each.wrapper)) zend_list_delete(user->resource);
    zend_string_release(each.protocol);
  }
  wrappers_.clear();
  zval_ptr_dtor(&context_options_);
  ZVAL_UNDEF(&context_options_);
  if (context_ != nullptr) zend_list_delete(context_);
  context_ = nullptr;
}

}  // namespace tusk::php::resident::state

#include "php/resident/state/default_context.h"

namespace tusk::php::resident::state {

namespace {

bool same_options(const zval& left, const zval& right) {
  return Z_TYPE(left) == IS_ARRAY && Z_TYPE(right) == IS_ARRAY && Z_ARR(left) == Z_ARR(right);
}

}  // namespace

void DefaultContext::take() {
  context_ = FG(default_context) != nullptr ? FG(default_context)->res : nullptr;
  ZVAL_UNDEF(&options_);
  if (context_ == nullptr) return;
  GC_ADDREF(context_);
  ZVAL_COPY(&options_, &FG(default_context)->options);
}

void DefaultContext::retire(RetiredValues& retired) {
  retired.add(options_);
  if (context_ == nullptr) return;
  zval context;
  ZVAL_RES(&context, context_);
  retired.add(context);
  context_ = nullptr;
}

// PHP makes a default context for the first stream that has none. Open streams hold it themselves.
bool DefaultContext::put_back() {
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
      same_options(FG(default_context)->options, options_)) {
    return other;
  }
  zval old;
  ZVAL_COPY_VALUE(&old, &FG(default_context)->options);
  ZVAL_COPY(&FG(default_context)->options, &options_);
  zval_ptr_dtor(&old);
  return true;
}

void DefaultContext::forget() {
  zval_ptr_dtor(&options_);
  ZVAL_UNDEF(&options_);
  if (context_ != nullptr) zend_list_delete(context_);
  context_ = nullptr;
}

}  // namespace tusk::php::resident::state

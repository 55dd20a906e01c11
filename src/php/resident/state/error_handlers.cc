#include "php/resident/state/error_handlers.h"

#include "php/resident/state/release_text.h"
#include "php/resident/state/same_value.h"

namespace tusk::php::resident::state {

namespace {

const zval* elements(const zend_stack& stack) { return static_cast<const zval*>(stack.elements); }

zval referred_to(const zval& value) {
  zval copy;
  ZVAL_COPY(&copy, &value);
  return copy;
}

}  // namespace

void ErrorHandlers::Handlers::take(const zval& handler, const zend_stack& stack) {
  current = referred_to(handler);
  below.clear();
  for (int at = 0; at < stack.top; ++at) below.push_back(referred_to(elements(stack)[at]));
}

bool ErrorHandlers::Handlers::are(const zval& handler, const zend_stack& stack) const {
  if (stack.top != static_cast<int>(below.size()) || !is_same_value(handler, current)) return false;
  for (int at = 0; at < stack.top; ++at) {
    if (!is_same_value(elements(stack)[at], below[static_cast<std::size_t>(at)])) return false;
  }
  return true;
}

// The old ones are released last: a destructor may look at the handlers, or set one.
void ErrorHandlers::Handlers::put_back(zval& handler, zend_stack& stack) const {
  zval old_handler;
  ZVAL_COPY_VALUE(&old_handler, &handler);
  zend_stack old = stack;
  handler = referred_to(current);
  zend_stack_init(&stack, sizeof(zval));
  for (const zval& each : below) {
    const zval copy = referred_to(each);
    zend_stack_push(&stack, &copy);
  }
  zval_ptr_dtor(&old_handler);
  for (int at = 0; at < old.top; ++at) zval_ptr_dtor(static_cast<zval*>(old.elements) + at);
  zend_stack_destroy(&old);
}

void ErrorHandlers::Handlers::retire(RetiredValues& retired) {
  retired.add(current);
  for (zval& each : below) retired.add(each);
  below.clear();
}

void ErrorHandlers::Handlers::forget() {
  zval_ptr_dtor(&current);
  ZVAL_UNDEF(&current);
  for (zval& each : below) zval_ptr_dtor(&each);
  below.clear();
}

void ErrorHandlers::take() {
  errors_.take(EG(user_error_handler), EG(user_error_handlers));
  exceptions_.take(EG(user_exception_handler), EG(user_exception_handlers));
  levels_ = EG(user_error_handler_error_reporting);
  const zend_stack& levels = EG(user_error_handlers_error_reporting);
  const auto* const first = static_cast<const int*>(levels.elements);
  levels_below_.assign(first, first + levels.top);
  forget_last_error();
}

void ErrorHandlers::retire(RetiredValues& retired) {
  errors_.retire(retired);
  exceptions_.retire(retired);
}

bool ErrorHandlers::put_back() {
  bool released = false;
  EG(error_handling) = EH_NORMAL;
  if (!errors_.are(EG(user_error_handler), EG(user_error_handlers))) {
    zend_stack& levels = EG(user_error_handlers_error_reporting);
    zend_stack_clean(&levels, nullptr, true);
    for (const int each : levels_below_) zend_stack_push(&levels, &each);
    released = true;
    errors_.put_back(EG(user_error_handler), EG(user_error_handlers));
  }
  EG(user_error_handler_error_reporting) = levels_;
  if (!exceptions_.are(EG(user_exception_handler), EG(user_exception_handlers))) {
    released = true;
    exceptions_.put_back(EG(user_exception_handler), EG(user_exception_handlers));
  }
  return released;
}

void ErrorHandlers::forget() {
  errors_.forget();
  exceptions_.forget();
}

// Does the same as error_clear_last().
void ErrorHandlers::forget_last_error() {
  if (PG(last_error_message) == nullptr) return;
  PG(last_error_type) = 0;
  PG(last_error_lineno) = 0;
  release_text(PG(last_error_message));
  release_text(PG(last_error_file));
}

}  // namespace tusk::php::resident::state

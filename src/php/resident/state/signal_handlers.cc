#include "php/resident/state/signal_handlers.h"

#include "php/resident/state/same_value.h"

namespace tusk::php::resident::state {

void SignalHandlers::take() {
  pcntl_ = find_globals<PcntlGlobals>();
  boot_.clear();
  if (pcntl_ == nullptr) return;
  async_ = pcntl_->async_signals;
  zend_ulong number = 0;
  zval* function = nullptr;
  ZEND_HASH_FOREACH_NUM_KEY_VAL(&pcntl_->signal_table, number, function) {
    Handler handler{number, {}};
    ZVAL_COPY(&handler.function, function);
    boot_.push_back(handler);
  }
  ZEND_HASH_FOREACH_END();
}

void SignalHandlers::retire(RetiredValues& retired) {
  for (Handler& each : boot_) retired.add(each.function);
  boot_.clear();
}

bool SignalHandlers::unchanged() const {
  if (zend_hash_num_elements(&pcntl_->signal_table) != boot_.size()) return false;
  for (const Handler& each : boot_) {
    const zval* const now = zend_hash_index_find(&pcntl_->signal_table, each.number);
    if (now == nullptr || !is_same_value(*now, each.function)) return false;
  }
  return true;
}

bool SignalHandlers::put_back() {
  if (pcntl_ == nullptr) return false;
  pcntl_->async_signals = async_;
  pcntl_->last_error = 0;
  // Signals that nobody has dispatched.
  if (pcntl_->head != nullptr) {
    pcntl_->tail->next = pcntl_->spares;
    pcntl_->spares = pcntl_->head;
    pcntl_->head = pcntl_->tail = nullptr;
    pcntl_->pending_signals = 0;
  }
  if (unchanged()) return false;
  zend_hash_clean(&pcntl_->signal_table);
  for (Handler& each : boot_) {
    Z_TRY_ADDREF(each.function);
    zend_hash_index_update(&pcntl_->signal_table, each.number, &each.function);
  }
  return true;
}

void SignalHandlers::forget() {
  for (Handler& each : boot_) zval_ptr_dtor(&each.function);
  boot_.clear();
}

}  // namespace tusk::php::resident::state

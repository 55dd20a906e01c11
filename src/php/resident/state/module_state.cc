#include "php/resident/state/module_state.h"

#include <cstring>

#include "php/extension.h"
#include "php/libc/libc_function.h"
#include "php/resident/state/function_call.h"
#include "php/resident/state/release_text.h"
#include "php/resident/state/same_value.h"

namespace tusk::php::resident::state {

namespace {

// random: nothing is seeded any more, so the numbers of a request tell nothing of the next.
// ldap: the next handle gets a TLS context of its own.
constexpr const char* kStartedAnew[] = {"random", "ldap"};

// intl: its last error, the collator and the iterator of the functions. gmp: the seed of
// gmp_random. filter: the copies of the input for filter_input(), which sapi_activate() would leak.
// They do the same however often they are called.
constexpr const char* kEnded[] = {"intl", "gmp", "filter"};

bool same_text(const char* left, const char* right) {
  if (left == right && left == nullptr) return true;
  return left != nullptr && right != nullptr && std::strcmp(left, right) == 0;
}

// xmlGetLastError() belongs to the thread.
void forget_libxml_error() noexcept {
  static const auto reset = libc::libc_function<void()>("xmlResetLastError");
  if (reset != nullptr) reset();
}

// mb_output_handler() would go on with it.
void forget_output_conversion(MbstringGlobals& now) noexcept {
#if PHP_VERSION_ID < 80300
  static const auto remove = libc::libc_function<void(void*)>("mbfl_buffer_converter_delete");
  if (now.outconv == nullptr || remove == nullptr) return;
  remove(now.outconv);
  now.outconv = nullptr;
#else
  now.outconv_enabled = false;
  now.outconv_state = 0;
#endif
}

void call_without_arguments(const char* function) {
  zval result;
  FunctionCall(function).call(nullptr, 0, result);
  zval_ptr_dtor(&result);
}

}  // namespace

void ModuleState::find_modules() {
  date_ = find_globals<DateGlobals>();
  json_ = find_globals<JsonGlobals>();
  libxml_ = find_globals<LibxmlGlobals>();
  mbstring_ = find_globals<MbstringGlobals>();
  mysqli_ = find_globals<MysqliGlobals>();
  openssl_ = find_globals<OpensslGlobals>();
  pcre_ = find_globals<PcreGlobals>();
  posix_ = find_globals<PosixGlobals>();
  sockets_ = find_globals<SocketsGlobals>();
  started_anew_.clear();
  for (const char* const name : kStartedAnew) {
    zend_module_entry* const module = find_extension(name);
    if (module != nullptr && module->request_startup_func != nullptr)
      started_anew_.push_back(module);
  }
  ended_.clear();
  for (const char* const name : kEnded) {
    zend_module_entry* const module = find_extension(name);
    if (module != nullptr && module->request_shutdown_func != nullptr) ended_.push_back(module);
  }
}

void ModuleState::take() {
  find_modules();
  ZVAL_UNDEF(&libxml_context_);
  if (date_ != nullptr && date_->timezone != nullptr) time_zone_ = estrdup(date_->timezone);
  if (libxml_ != nullptr) {
    ZVAL_COPY(&libxml_context_, &libxml_->stream_context);
    entity_loader_disabled_ = libxml_->entity_loader_disabled;
  }
  if (mbstring_ != nullptr) {
    multibyte_.internal = mbstring_->current_internal_encoding;
    multibyte_.http_output = mbstring_->current_http_output_encoding;
    multibyte_.detect_order.assign(
        mbstring_->current_detect_order_list,
        mbstring_->current_detect_order_list + mbstring_->current_detect_order_list_size);
    multibyte_.illegal_mode = mbstring_->current_filter_illegal_mode;
    multibyte_.illegal_substitute = mbstring_->current_filter_illegal_substchar;
    multibyte_.internal_set = mbstring_->internal_encoding_set;
    multibyte_.http_output_set = mbstring_->http_output_set;
  }
  if (mysqli_ != nullptr) mysqli_report_ = mysqli_->report_mode;
  signals_.take();
  forget_last_errors();
  run_request_functions();
}

void ModuleState::retire(RetiredValues& retired) {
  release_text(time_zone_);
  retired.add(libxml_context_);
  signals_.retire(retired);
}

bool ModuleState::put_back() {
  put_back_date();
  bool released = put_back_libxml();
  put_back_multibyte();
  put_back_mysqli();
  released = signals_.put_back() || released;
  forget_last_errors();
  run_request_functions();
  return released;
}

void ModuleState::run_request_functions() const {
  for (const zend_module_entry* const each : started_anew_) {
    each->request_startup_func(each->type, each->module_number);
  }
  for (const zend_module_entry* const each : ended_) {
    each->request_shutdown_func(each->type, each->module_number);
  }
}

// date_default_timezone_set(), and DateTime::getLastErrors().
void ModuleState::put_back_date() {
  if (date_ == nullptr) return;
  if (!same_text(date_->timezone, time_zone_)) {
    release_text(date_->timezone);
    if (time_zone_ != nullptr) date_->timezone = estrdup(time_zone_);
  }
  // A date without an error takes the last errors away.
  if (date_->last_errors != nullptr) call_without_arguments("date_create");
}

bool ModuleState::put_back_libxml() {
  if (libxml_ == nullptr) return false;
  const zval& now = libxml_->stream_context;
  const bool same = is_same_value(now, libxml_context_);
  if (!same) {
    zval old;
    ZVAL_COPY_VALUE(&old, &now);
    ZVAL_COPY(&libxml_->stream_context, &libxml_context_);
    zval_ptr_dtor(&old);
  }
  libxml_->entity_loader_disabled = entity_loader_disabled_;
  if (libxml_->error_list != nullptr && libxml_->error_list->count != 0) {
    zend_llist_clean(libxml_->error_list);
  }
  smart_str_free(&libxml_->error_buffer);
  forget_libxml_error();
  return !same;
}

void ModuleState::put_back_multibyte() {
  if (mbstring_ == nullptr) return;
  MbstringGlobals& now = *mbstring_;
  now.current_internal_encoding = multibyte_.internal;
  now.current_http_output_encoding = multibyte_.http_output;
  now.internal_encoding_set = multibyte_.internal_set;
  now.http_output_set = multibyte_.http_output_set;
  now.current_filter_illegal_mode = multibyte_.illegal_mode;
  now.current_filter_illegal_substchar = multibyte_.illegal_substitute;
  now.illegalchars = 0;
  for (const void*& each : now.http_input_identify) each = nullptr;
  // mb_ereg_search() would go on with it.
  if (auto* const regex = static_cast<MbRegexGlobals*>(now.mb_regex_globals)) {
    regex->search_re = nullptr;
  }
  forget_output_conversion(now);
  const std::size_t bytes = multibyte_.detect_order.size() * sizeof(void*);
  if (now.current_detect_order_list_size == multibyte_.detect_order.size() &&
      (bytes == 0 ||
       std::memcmp(now.current_detect_order_list, multibyte_.detect_order.data(), bytes) == 0)) {
    return;
  }
  if (now.current_detect_order_list != nullptr) efree(now.current_detect_order_list);
  now.current_detect_order_list = bytes != 0 ? static_cast<const void**>(emalloc(bytes)) : nullptr;
  if (bytes != 0) {
    std::memcpy(now.current_detect_order_list, multibyte_.detect_order.data(), bytes);
  }
  now.current_detect_order_list_size = multibyte_.detect_order.size();
}

void ModuleState::put_back_mysqli() const {
  if (mysqli_ != nullptr) mysqli_->report_mode = mysqli_report_;
}

// The values that json_last_error(), preg_last_error(), socket_last_error() and the like tell.
void ModuleState::forget_last_errors() const {
  if (json_ != nullptr) json_->error_code = 0;
  if (pcre_ != nullptr) pcre_->error_code = 0;
  if (posix_ != nullptr) posix_->last_error = 0;
  if (sockets_ != nullptr) sockets_->last_error = 0;
  if (openssl_ != nullptr && openssl_->errors != nullptr) {
    openssl_->errors->top = openssl_->errors->bottom = 0;
  }
  if (mysqli_ != nullptr) {
    mysqli_->error_no = 0;
    release_text(mysqli_->error_msg);
  }
}

void ModuleState::forget() {
  release_text(time_zone_);
  // Its resource is released by the list of resources (php_libxml_post_deactivate()).
  zval_ptr_dtor(&libxml_context_);
  ZVAL_UNDEF(&libxml_context_);
  signals_.forget();
}

}  // namespace tusk::php::resident::state

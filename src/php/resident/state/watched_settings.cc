#include "php/resident/state/watched_settings.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "php/resident/state/function_call.h"

namespace tusk::php::resident::state {

namespace {

struct Setting {
  std::string_view function;  // changes it
  std::string_view reader;    // empty: the value to put back is always an empty string
  zend_long option = -1;      // both functions take it as their first argument; -1: they do not
  bool reading_sets = false;  // the reader is the same function, and sets it to true
};

constexpr zend_long kAssertCallback = 2;  // PHP_ASSERT_CALLBACK of ext/standard/assert.c

constexpr std::array<Setting, WatchedSettings::kSettings> kSettings = {{
    {"mb_regex_encoding", "mb_regex_encoding"},
    {"mb_regex_set_options", "mb_regex_set_options"},
    {"mb_ereg_search_init", ""},  // forgets what was found
    {"libxml_use_internal_errors", "libxml_use_internal_errors"},
    {"libxml_set_external_entity_loader", "libxml_get_external_entity_loader"},
    {"use_soap_error_handler", "use_soap_error_handler", -1, true},
    {"spl_autoload_extensions", "spl_autoload_extensions"},
    {"assert_options", "assert_options", kAssertCallback},
}};

static_assert(std::ranges::all_of(kSettings, [](const Setting& setting) {
  return is_called_function(setting.function) &&
         (setting.reader.empty() || is_called_function(setting.reader));
}));

// assert_options() is deprecated, and nobody has called it: not even a script's handler of errors
// hears of it.
class Silence {
 public:
  void begin() {
    level_ = EG(error_reporting);
    handler_level_ = EG(user_error_handler_error_reporting);
    EG(error_reporting) = EG(user_error_handler_error_reporting) = 0;
  }
  void end() const {
    EG(error_reporting) = level_;
    EG(user_error_handler_error_reporting) = handler_level_;
  }

 private:
  int level_ = 0;
  int handler_level_ = 0;
};

}  // namespace

// One instance for each function.
template <std::size_t kIndex>
struct Watcher {
  static inline zif_handler original = nullptr;

  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    WatchedSettings* const settings = WatchedSettings::current_;
    if (settings != nullptr && ZEND_NUM_ARGS() != 0) settings->about_to_change(kIndex);
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
  }

  static void stand_before() noexcept {
    auto* const function = static_cast<zend_internal_function*>(zend_hash_str_find_ptr(
        CG(function_table), kSettings[kIndex].function.data(), kSettings[kIndex].function.size()));
    if (function == nullptr) return;
    original = function->handler;
    function->handler = call;
  }
};

void WatchedSettings::install() noexcept {
  []<std::size_t... kIndices>(std::index_sequence<kIndices...>) {
    (Watcher<kIndices>::stand_before(), ...);
  }(std::make_index_sequence<kSettings>());
}

void WatchedSettings::take() {
  changed_ = 0;
  current_ = this;
}

void WatchedSettings::about_to_change(std::size_t index) {
  const std::uint32_t bit = 1U << index;
  if (busy_ || (changed_ & bit) != 0) return;
  busy_ = true;
  const Setting& setting = state::kSettings[index];
  ZVAL_EMPTY_STRING(&boot_[index]);
  if (!setting.reader.empty()) {
    zval option;
    ZVAL_LONG(&option, setting.option);
    Silence silence;
    silence.begin();
    FunctionCall(setting.reader).call(&option, setting.option < 0 ? 0 : 1, boot_[index]);
    if (setting.reading_sets) {
      zval previous;
      FunctionCall(setting.function).call(&boot_[index], 1, previous);
    }
    silence.end();
  }
  changed_ |= bit;
  busy_ = false;
}

void WatchedSettings::retire(RetiredValues& retired) {
  for (std::size_t at = 0; at < kSettings; ++at) {
    if ((changed_ & (1U << at)) == 0 || state::kSettings[at].reader.empty()) continue;
    changed_ &= ~(1U << at);
    retired.add(boot_[at]);
  }
  (void)put_back();
}

bool WatchedSettings::put_back() {
  if (changed_ == 0) return false;
  busy_ = true;
  Silence silence;
  silence.begin();
  for (std::size_t at = 0; at < kSettings; ++at) {
    if ((changed_ & (1U << at)) == 0) continue;
    const Setting& setting = state::kSettings[at];
    zval arguments[2];
    zval* last = arguments;
    if (setting.option >= 0) {
      ZVAL_LONG(&arguments[0], setting.option);
      ++last;
    }
    ZVAL_COPY_VALUE(last, &boot_[at]);
    zval result;
    if (Z_TYPE_P(last) != IS_UNDEF) {
      FunctionCall(setting.function)
          .call(arguments, static_cast<uint32_t>(last - arguments) + 1, result);
      zval_ptr_dtor(&result);
      zval_ptr_dtor(&boot_[at]);
    }
  }
  silence.end();
  changed_ = 0;
  busy_ = false;
  return true;
}

void WatchedSettings::forget() {
  current_ = nullptr;
  for (std::size_t at = 0; at < kSettings; ++at) {
    if ((changed_ & (1U << at)) != 0) zval_ptr_dtor(&boot_[at]);
  }
  changed_ = 0;
  busy_ = false;
}

}  // namespace tusk::php::resident::state

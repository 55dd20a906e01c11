#include "php/sapi/module.h"

#include "php/descriptors/held_streams.h"
#include "php/interrupt/script_interrupt.h"
#include "php/libc/working_directory.h"
#include "php/library/constructed_once.h"
#include "php/library/font_cache.h"
#include "php/library/locale_names.h"
#include "php/library/mysqli_links.h"
#include "php/opcache/bcmath_arena.h"
#include "php/opcache/preload_start.h"
#include "php/preload/recorder.h"
#include "php/process/start_children.h"
#include "php/resident/boot_state.h"
#include "php/sapi/functions.h"
#include "php/sapi/info.h"
#include "php/sapi/sapi_name.h"
#include "php/sapi/script_log.h"
#include "php/sapi/session_release.h"
#include "php/script_file.h"

namespace tusk::php::sapi {

namespace {

// readline's functions are for a terminal, and libedit has one history and one state for the
// process: two requests that add to the history corrupt the heap. The constants and the extension
// stay.
constexpr const char* kFunctionsForATerminal =
    "readline readline_info readline_add_history readline_clear_history readline_list_history "
    "readline_read_history readline_write_history readline_completion_function "
    "readline_callback_handler_install readline_callback_read_char "
    "readline_callback_handler_remove readline_redisplay readline_on_new_line";

zend_result (*callback_before)() = nullptr;

// Runs when every extension has registered its classes, those in files too, whose start is after
// that of this module; and before OPcache preloads classes that inherit from them.
zend_result stand_before_methods() noexcept {
  library::refuse_invalid_locales();
  library::refuse_second_construction();
  library::watch_failed_links();
  return callback_before != nullptr ? callback_before() : SUCCESS;
}

void stand_before_methods_when_started() noexcept {
  callback_before = zend_post_startup_cb;
  zend_post_startup_cb = stand_before_methods;
}

zend_result start_up(int /*type*/, int module_number) noexcept {
  register_franken_levels(module_number);
  libc::follow_chdir();
  opcache::find_bcmath_arena();
  opcache::PreloadStart::check_before_it_runs();
  rename_sapi_when_started();
  library::watch_font_cache();
  descriptors::hold_streams_in_use();
  stand_before_methods_when_started();
  resident::watch_settings();
  zend_disable_functions(kFunctionsForATerminal);
  interrupt::install_interrupt_handler();
  install_script_opener();
  return SUCCESS;
}

zend_result begin_request(int /*type*/, int /*module_number*/) noexcept {
  process::StartChildren::begin_request();
  return SUCCESS;
}

// Runs before that of the extensions built into PHP, because they end in reverse order of
// registration.
zend_result end_request(int /*type*/, int /*module_number*/) noexcept {
  preload::Recorder::look_at_request();
  drop_unlocked_session();
  unblock_session_close();
  return SUCCESS;
}

zend_module_entry make_module() {
  zend_module_entry module = {
      STANDARD_MODULE_HEADER, "tusk",      kFunctions, start_up,     nullptr,
      begin_request,          end_request, print_info, TUSK_VERSION, STANDARD_MODULE_PROPERTIES};
  return module;
}

}  // namespace

zend_module_entry& tusk_module() {
  static zend_module_entry module = make_module();
  return module;
}

}  // namespace tusk::php::sapi

#include "php/request_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "php/eval_script.h"
#include "php/libc/working_directory.h"
#include "php/library/orphans.h"
#include "php/opcache/bcmath_arena.h"
#include "php/process/fork.h"
#include "php/request_info.h"
#include "php/request_reply.h"
#include "php/zend.h"

namespace tusk::php {

namespace {

constexpr int kAlwaysFatal = E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_PARSE;
constexpr int kFatalUnlessHandled = E_USER_ERROR | E_RECOVERABLE_ERROR;

bool has_user_handler(int type) noexcept {
  return Z_TYPE(EG(user_error_handler)) != IS_UNDEF &&
         (EG(user_error_handler_error_reporting) & type) != 0;
}

// For people who look at the worker. A stack trace, which may show arguments, begins with the
// second line of the message.
void note_fatal_error(RequestContext& context, const zend_string* message, const zend_string* file,
                      uint32_t line) noexcept {
  if (message == nullptr) return;
  const auto note = [&context](std::string_view text) {
    context.reply->note_fatal_error(text);
    if (context.life == ScriptLife::kBoot || context.life == ScriptLife::kWarmUp)
      context.boot_error.assign(text);
  };
  const std::string_view whole(ZSTR_VAL(message), ZSTR_LEN(message));
  const std::string_view first = whole.substr(0, whole.find('\n'));
  // "Uncaught Exception: … in /path/file.php:3" names the place itself.
  if (first.starts_with("Uncaught ") || file == nullptr) return note(first);
  std::array<char, 512> text;
  constexpr std::size_t kMostOfMessage = 160;
  const int length = std::snprintf(text.data(), text.size(), "%.*s on line %u of %s",
                                   static_cast<int>(std::min(first.size(), kMostOfMessage)),
                                   first.data(), line, ZSTR_VAL(file));
  if (length <= 0) return;
  note({text.data(), std::min<std::size_t>(length, text.size() - 1)});
}

// Runs before PHP displays the error, and so before display_errors can send the head: an error page
// is a 500 whether or not it shows the message.
void on_error(int flagged_type, zend_string* file, uint32_t line, zend_string* message) noexcept {
  const int type = flagged_type & E_ALL;
  const bool fatal =
      (type & kAlwaysFatal) != 0 || ((type & kFatalUnlessHandled) != 0 && !has_user_handler(type));
  auto* const context = static_cast<RequestContext*>(SG(server_context));
  if (!fatal || context == nullptr) return;
  context->fatal_error = true;
  note_fatal_error(*context, message, file, line);
  opcache::forget_bcmath_arena();
  if (!SG(headers_sent) && SG(sapi_headers).http_response_code == 200) {
    SG(sapi_headers).http_response_code = 500;
  }
}

}  // namespace

// PHP may leave the frames below by longjmp: they hold nothing that has a destructor.

bool start_request() noexcept {
  volatile bool started = false;
  zend_first_try { started = php_request_startup() == SUCCESS; }
  zend_end_try();
  return started;
}

namespace {

// The script may be outside open_basedir, for example that of a .user.ini. PHP-FPM answers like
// this.
bool is_out_of_bounds(const char* script) {
  const char* const bounds = PG(open_basedir);
  return bounds != nullptr && *bounds != '\0' && php_check_open_basedir_ex(script, 0) != 0;
}

void refuse_script() {
  constexpr std::string_view kNoScript = "No input file specified.\n";
  PG(during_request_startup) = 0;
  SG(sapi_headers).http_response_code = 404;
  php_output_write(kNoScript.data(), kNoScript.size());
}

}  // namespace

void execute_script(Method method, const bool& keeps_file) noexcept {
  zend_file_handle file{};
  zend_first_try {
    zend_stream_init_filename(&file, SG(request_info).path_translated);  // may find memory full
    file.primary_script = 1;
    if (is_out_of_bounds(SG(request_info).path_translated)) {
      refuse_script();
    } else if (method == Method::kExecute) {
      php_execute_script(&file);
    } else {
      eval_script(file);
    }
  }
  zend_end_try();
  if (keeps_file) return;
  zend_try { zend_destroy_file_handle(&file); }
  zend_end_try();
}

bool end_request() noexcept {
  volatile bool clean = false;
  zend_first_try {
    php_request_shutdown(nullptr);
    clean = true;
  }
  zend_end_try();
  return clean;
}

exec::ExecutorHealth run_request(PhpThread& thread, interrupt::TimeLimits& limits,
                                 RequestContext& context, Method method) noexcept {
  if (!thread.begin_request()) {
    set_error_head(context);
    return exec::ExecutorHealth::kBroken;
  }
  const exec::Exchange& exchange = context.reply->exchange();
  limits.begin_request(exchange, thread.was_held() ? base::now() : exchange.started);
  thread.use_document_root(context.job->root_generation);
  fill_request_info(context);
  const bool started = start_request();
  if (started) {
    // An error page has the error's status unless it sets another; sapi_activate() has set 200.
    const int status = context.job->redirect_status;
    if (status != 200) SG(sapi_headers).http_response_code = status;
    libc::enter_directory_of(SG(request_info).path_translated);
    execute_script(method, false);
    limits.script_ended();
    thread.script().sqlite.wait_again();
  }
  const bool clean = end_request();
  if (process::in_forked_child()) process::end_forked_child();
  const bool closed = library::close_orphans(thread.script(), context);
  clear_request_info();
  settle_reply(context);
  if (!started || !clean || !closed) return exec::ExecutorHealth::kBroken;
  thread.end_request();
  return exec::ExecutorHealth::kHealthy;
}

bool run_empty_request() noexcept {
  // A session that starts automatically would be a new one, with a file of its own.
  const bool auto_start = PS(auto_start);
  PS(auto_start) = false;
  const bool started = start_request();
  const bool clean = end_request();
  PS(auto_start) = auto_start;
  return started && clean;
}

void install_error_observer() noexcept { zend_observer_error_register(on_error); }

}  // namespace tusk::php

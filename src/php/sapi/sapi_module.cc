#include "php/sapi/sapi_module.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include <strings.h>
#include <syslog.h>

#include "observe/log.h"
#include "php/ini.h"
#include "php/interrupt/client_abort.h"
#include "php/interrupt/time_limits.h"
#include "php/request_context.h"
#include "php/sapi/environment.h"
#include "php/sapi/header_lines.h"
#include "php/sapi/interim_response.h"
#include "php/sapi/module.h"
#include "php/sapi/request_log.h"
#include "php/sapi/response_head.h"
#include "php/sapi/server_variables.h"
#include "php/sapi/session_release.h"
#include "php/zend.h"

namespace tusk::php::sapi {

namespace {

bool is_event_stream(const char* media_type) noexcept {
  constexpr std::string_view kEventStream = "text/event-stream";
  return media_type != nullptr &&
         strncasecmp(media_type, kEventStream.data(), kEventStream.size()) == 0;
}

RequestContext* current() noexcept { return static_cast<RequestContext*>(SG(server_context)); }

int start_up(sapi_module_struct* module) noexcept {
  return php_module_startup(module, &tusk_module());
}

// May leave by longjmp: the script of a client that has left is ended, unless ignore_user_abort()
// says otherwise.
size_t write_output(const char* bytes, size_t length) {
  RequestContext* const context = current();
  if (context == nullptr || context->muted) return length;
  if (!context->reply->write({bytes, length})) interrupt::end_script_after_client_left(*context);
  return length;
}

// May leave by longjmp, like write_output().
void flush_output(void* server_context) {
  auto* const context = static_cast<RequestContext*>(server_context);
  if (context == nullptr || context->muted) return;
  if (!SG(headers_sent)) {
    // An interim status and a flush: the response itself is still to come.
    if (SG(sapi_headers).http_response_code < 200) return send_interim_status(*context);
    sapi_send_headers();
    SG(headers_sent) = 1;
  }
  if (!context->reply->flush()) interrupt::end_script_after_client_left(*context);
}

// Returns the size of the head that the script has made, which is not built if it is too large.
std::size_t head_bytes(const sapi_headers_struct& headers) noexcept {
  constexpr std::size_t kLineExtraBytes = 4;  // ": " and CRLF
  std::size_t bytes =
      headers.http_status_line != nullptr ? std::strlen(headers.http_status_line) : 0;
  visit_header_lines(headers, [&bytes](std::string_view name, std::string_view value) {
    bytes += name.size() + value.size() + kLineExtraBytes;
  });
  return bytes;
}

// Answers 500 at once, and drops the rest of the response.
void refuse_large_head(RequestContext& context, std::size_t bytes) noexcept {
  const std::array<observe::Field, 2> fields = {
      observe::Field{"bytes", bytes}, observe::Field{"most", exec::Reply::kMostHeadBytes}};
  log_for_request(observe::Level::kError, "a response is answered 500: its head is too large",
                  &context, fields);
  context.reply->fail(500);
  context.reply->finish();
  context.muted = true;
}

int send_headers(sapi_headers_struct* headers) noexcept {
  RequestContext* const context = current();
  if (context == nullptr || context->muted) return SAPI_HEADER_SENT_SUCCESSFULLY;
  // A header callback that flushes has sent the headers already: sapi_send_headers() calls it
  // before it marks them as sent, and then comes here a second time, when the head may belong to
  // the loop.
  if (context->head_built) return SAPI_HEADER_SENT_SUCCESSFULLY;
  send_interim_status(*context);
  context->head_built = true;
  if (const std::size_t bytes = head_bytes(*headers); bytes > exec::Reply::kMostHeadBytes) {
    refuse_large_head(*context, bytes);
    return SAPI_HEADER_SENT_SUCCESSFULLY;
  }
  build_response_head(*headers, context->fatal_error, context->reply->head());
  if (is_event_stream(headers->mimetype))
    interrupt::TimeLimits::current()->use_event_stream_limit();
  return SAPI_HEADER_SENT_SUCCESSFULLY;
}

size_t read_body(char* buffer, size_t size) noexcept {
  RequestContext* const context = current();
  if (context == nullptr) return 0;
  const auto got = context->job->body.read_at(context->body_read, {buffer, size});
  if (!got) {
    observe::error("cannot read a request body back", {{"reason", got.error().message}});
    return 0;
  }
  context->body_read += *got;
  return *got;
}

char* read_cookies() noexcept {
  // request_run.cc has put it there: an arena string that is never freed.
  return SG(request_info).cookie_data;
}

void register_server_variables(zval* array) noexcept {
  if (RequestContext* const context = current(); context != nullptr) {
    add_server_variables(*context, array);
  }
}

// Sets them for the request, and the script cannot change them, as with PHP-FPM's php_admin_value.
void apply_pool_directives(const exec::PoolScripts& scripts) noexcept {
  for (const auto& [name, value] : scripts.directives) {
    zend_string* const key = zend_string_init(name.data(), name.size(), false);
    zend_alter_ini_entry_chars(key, value.data(), value.size(), PHP_INI_SYSTEM,
                               PHP_INI_STAGE_ACTIVATE);
    zend_string_release(key);
  }
}

// May leave by longjmp: a handler of an ini entry may fail.
int set_directives() noexcept {
  if (RequestContext* const context = current(); context != nullptr) {
    if (context->is_resident() && context->life != ScriptLife::kBoot)
      return SUCCESS;  // the directives of the script's boot hold
    if (context->scripts != nullptr) apply_pool_directives(*context->scripts);
    context->user_ini.activate(*context->job);
  }
  return SUCCESS;
}

// After shutdown functions, and before PHP's heap forgets its peak.
int deactivate() noexcept {
  close_forgotten_session();
  if (RequestContext* const context = current(); context != nullptr) {
    context->reply->set_memory_peak(zend_memory_peak_usage(true));
  }
  return SUCCESS;
}

void log_message(const char* message, int syslog_priority) noexcept {
  observe::Level level = observe::Level::kInfo;
  if (syslog_priority <= LOG_ERR) {
    level = observe::Level::kError;
  } else if (syslog_priority == LOG_WARNING) {
    level = observe::Level::kWarn;
  }
  const RequestContext* const context = current();
  if (context != nullptr && context->boots_again &&
      (context->life == ScriptLife::kBoot || context->life == ScriptLife::kWarmUp))
    level = observe::Level::kDebug;  // or each try would repeat them
  log_for_request(level, message, context);
}

char kName[] = "cli-server";
char kPrettyName[] = "tusk";
char kPhpProgram[] = PHP_BINDIR "/php";

sapi_module_struct make_module() {
  sapi_module_struct module{};
  module.name = kName;
  module.pretty_name = kPrettyName;
  module.startup = start_up;
  module.shutdown = php_module_shutdown_wrapper;
  compatibility::set_directives_hook(module, set_directives);
  module.deactivate = deactivate;
  module.ub_write = write_output;
  module.flush = flush_output;
  module.sapi_error = zend_error;
  module.send_headers = send_headers;
  module.read_post = read_body;
  module.read_cookies = read_cookies;
  module.register_server_variables = register_server_variables;
  module.getenv = cgi_variable;
  module.log_message = log_message;
  module.ini_defaults = set_ini_defaults;
  module.php_ini_ignore_cwd = 1;
  // PHP_BINARY, if the file exists: programs use it to start PHP.
  module.executable_location = kPhpProgram;
  return module;
}

}  // namespace

sapi_module_struct& sapi_module_instance() {
  static sapi_module_struct module = make_module();
  return module;
}

}  // namespace tusk::php::sapi

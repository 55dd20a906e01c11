#include "php/resident/served_request.h"

#include "php/resident/output_extensions.h"
#include "php/resident/request_body.h"
#include "php/resident/superglobals.h"
#include "php/script_thread.h"

namespace tusk::php::resident {

namespace {

// Starts what php_request_startup() starts: a handler that php.ini names, a buffer, or neither.
void start_output_buffer() {
  if (PG(output_handler) != nullptr && *PG(output_handler) != '\0') {
    zval handler;
    ZVAL_STRING(&handler, PG(output_handler));
    php_output_start_user(&handler, 0, PHP_OUTPUT_HANDLER_STDFLAGS);
    zval_ptr_dtor(&handler);
  } else if (PG(output_buffering) != 0) {
    const zend_long size = PG(output_buffering) > 1 ? PG(output_buffering) : 0;
    php_output_start_user(nullptr, static_cast<std::size_t>(size), PHP_OUTPUT_HANDLER_STDFLAGS);
  } else if (PG(implicit_flush)) {
    php_output_set_implicit_flush(1);
  }
}

// Output and headers.
void activate() {
  PG(in_error_log) = 0;
  PG(header_is_being_sent) = 0;
  PG(connection_status) = PHP_CONNECTION_NORMAL;
  EG(exit_status) = 0;
  php_output_activate();
  sapi_activate();
  SG(sapi_started) = 1;
}

// Runs one step of the end as php_request_shutdown() does: without a frame of PHP, so that an
// uncaught exception is an error.
template <class Step>
void run_step(Step step) noexcept {
  zend_execute_data* const frame = EG(current_execute_data);
  EG(current_execute_data) = nullptr;
  zend_try { step(); }
  zend_end_try();
  EG(current_execute_data) = frame;
  discard_exception();
}

void deactivate() noexcept {
  run_step([] { php_output_deactivate(); });
  run_step([] { close_request_body(); });
  run_step([] { sapi_deactivate_module(); });
  sapi_deactivate_destroy();
  // sapi_deactivate_module() has freed it.
  SG(request_info).content_type_dup = nullptr;
}

}  // namespace

void discard_exception() noexcept {
  if (EG(exception) == nullptr) return;
  OBJ_RELEASE(EG(exception));
  EG(exception) = nullptr;
}

void open_request(RequestContext& context) {
  activate();
  zend_set_timeout(EG(timeout_seconds), 0);
  if (PG(expose_php))
    sapi_add_header(const_cast<char*>(SAPI_PHP_VERSION_HEADER), sizeof(SAPI_PHP_VERSION_HEADER) - 1,
                    true);
  start_output_buffer();
  renew_superglobals();
  start_output_extensions();
  const int status = context.job->redirect_status;
  if (status != 200) SG(sapi_headers).http_response_code = status;
}

void close_request(RequestPart part, SessionModule& session, ShutdownFunctions& functions,
                   const RewoundScript& rewound) noexcept {
  const bool rewinds = part == RequestPart::kRewound;
  compatibility::end_out_of_memory();
  run_step([] { php_call_shutdown_functions(); });
  if (rewinds) run_step([&rewound] { rewound.call_destructors(); });
  if (part == RequestPart::kBoot) functions.keep();
  if (!rewinds) run_step([] { php_free_shutdown_functions(); });
  run_step([] { php_output_end_all(); });
  run_step([] { end_output_extensions(); });
  zend_unset_timeout();
  run_step([part, &session] {
    part == RequestPart::kBoot ? session.end_boot_request() : session.end_request();
  });
  if (rewinds) {
    run_step([&rewound] { rewound.close_resources(); });
    run_step([&rewound] { rewound.close_objects(); });
  } else {
    run_step([] { empty_superglobals(); });
  }
  deactivate();
}

void open_between() { activate(); }

void close_between() noexcept {
  run_step([] { php_output_end_all(); });
  deactivate();
}

}  // namespace tusk::php::resident

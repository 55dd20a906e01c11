#include "php/script_file.h"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/log.h"
#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php {

namespace {

// A deployment leaves a gap between removing a file and putting another in its place. A request
// that falls into the gap tries again after this time.
constexpr timespec kLookAgainAfter{.tv_sec = 0, .tv_nsec = 10'000'000};

zend_result (*open_next)(zend_file_handle*) = nullptr;

// Returns why a file cannot be opened; 0: it can be opened.
int obstacle(const char* path) noexcept {
  struct stat status{};
  if (::stat(path, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return ENOENT;
  return ::faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ? 0 : errno;
}

// The status that PHP-FPM answers. 0: neither the file's absence nor its rights are the reason, but
// for example a lack of descriptors, for which PHP has its own message.
int status_of(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ESTALE:
    case ELOOP:
    case ENAMETOOLONG:
      return 404;
    case EACCES:
    case EPERM:
      return 403;
    default:
      return 0;
  }
}

void log_refusal(const RequestContext& context, int error) noexcept {
  const exec::Job& job = *context.job;
  observe::log(observe::Level::kWarn, "the script of a request cannot be opened",
               {{"request", job.request_id},
                {"request_id", job.id().view()},
                {"script", job.view(job.script_filename)},
                {"reason", ::strerrordesc_np(error)}});
}

// Opens it without an error message: php_stream_open_for_zend() in main/main.c, the next function,
// is the same with REPORT_ERRORS. PHP may leave these frames by longjmp.
zend_result open_quietly(zend_file_handle* script) {
  return php_stream_open_for_zend_ex(script, USE_PATH | STREAM_OPEN_FOR_INCLUDE);
}

zend_result open_script(zend_file_handle* file) {
  auto* const context = static_cast<RequestContext*>(SG(server_context));
  if (!file->primary_script || context == nullptr) return open_next(file);
  if (open_quietly(file) == SUCCESS) return SUCCESS;
  int error = obstacle(ZSTR_VAL(file->filename));
  if (status_of(error) == 404) ::nanosleep(&kLookAgainAfter, nullptr);
  // PHP's cache may say that a directory on the path was a file, or that a link led elsewhere.
  realpath_cache_clean();
  if (open_quietly(file) == SUCCESS) return SUCCESS;
  error = obstacle(ZSTR_VAL(file->filename));
  if (status_of(error) == 0) return open_next(file);
  context->refused_status = status_of(error);
  log_refusal(*context, error);
  // There is no frame to throw it in; compile_file() and OPcache only check whether there is one.
  if (EG(exception) == nullptr) EG(exception) = zend_create_unwind_exit();
  return FAILURE;
}

}  // namespace

void install_script_opener() noexcept {
  open_next = zend_stream_open_function;
  zend_stream_open_function = open_script;
}

}  // namespace tusk::php

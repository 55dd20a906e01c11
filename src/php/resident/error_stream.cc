#include "php/resident/error_stream.h"

#include <algorithm>
#include <string_view>

#include <syslog.h>

#include "php/zend.h"

namespace tusk::php::resident {

namespace {

constexpr char kName[] = "STDERR";
// A longer line is logged in pieces.
constexpr std::size_t kMostBytes = 16 * 1024;

// The beginning of a line that has no end yet.
struct Line {
  std::size_t length = 0;
  char bytes[kMostBytes + 1];
};

void log_line(Line& line) noexcept {
  if (line.length > 0 && line.bytes[line.length - 1] == '\r') --line.length;
  // PHP's interface takes C strings.
  std::replace(line.bytes, line.bytes + line.length, '\0', ' ');
  line.bytes[line.length] = '\0';
  if (line.length > 0) sapi_module.log_message(line.bytes, LOG_NOTICE);
  line.length = 0;
}

ssize_t write(php_stream* stream, const char* bytes, std::size_t count) noexcept {
  Line& line = *static_cast<Line*>(stream->abstract);
  for (const char byte : std::string_view(bytes, count)) {
    if (byte == '\n') {
      log_line(line);
      continue;
    }
    if (line.length == kMostBytes) log_line(line);
    line.bytes[line.length++] = byte;
  }
  return static_cast<ssize_t>(count);
}

ssize_t read(php_stream* stream, char*, std::size_t) noexcept {
  stream->eof = 1;
  return 0;
}

int close(php_stream* stream, int) noexcept {
  log_line(*static_cast<Line*>(stream->abstract));
  efree(stream->abstract);
  return 0;
}

int flush(php_stream*) noexcept { return 0; }

constexpr php_stream_ops kOperations = {write,   read,    close,   flush,  "tusk log",
                                        nullptr, nullptr, nullptr, nullptr};

}  // namespace

void define_error_stream() {
  if (zend_get_constant_str(kName, sizeof kName - 1) != nullptr) return;
  auto* const line = static_cast<Line*>(emalloc(sizeof(Line)));
  line->length = 0;
  php_stream* const stream = php_stream_alloc(&kOperations, line, nullptr, "w");
  if (stream == nullptr) {
    efree(line);
    return;
  }
  zend_constant constant;
  php_stream_to_zval(stream, &constant.value);
  ZEND_CONSTANT_SET_FLAGS(&constant, 0, 0);
  constant.name = zend_string_init(kName, sizeof kName - 1, false);
  zend_register_constant(&constant);
}

}  // namespace tusk::php::resident

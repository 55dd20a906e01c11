#include "php/resident/request_body.h"

#include <string_view>

#include "php/zend.h"

namespace tusk::php::resident {

namespace {

// php_stream_input_t of ext/standard/php_fopen_wrapper.c.
struct InputStream {
  php_stream* body;
  zend_off_t position;
};

// php://input points to the body without a reference.
bool is_read_by_stream(const php_stream* body) {
  const int type = php_file_le_stream();
  void* element = nullptr;
  ZEND_HASH_FOREACH_PTR(&EG(regular_list), element) {
    const auto* const resource = static_cast<const zend_resource*>(element);
    if (resource->type != type || resource->ptr == nullptr) continue;
    const auto* const stream = static_cast<const php_stream*>(resource->ptr);
    if (std::string_view(stream->ops->label) == "Input" &&
        static_cast<const InputStream*>(stream->abstract)->body == body)
      return true;
  }
  ZEND_HASH_FOREACH_END();
  return false;
}

}  // namespace

void close_request_body() {
  php_stream* const body = SG(request_info).request_body;
  if (body == nullptr || is_read_by_stream(body)) return;
  SG(request_info).request_body = nullptr;
  php_stream_close(body);
}

}  // namespace tusk::php::resident

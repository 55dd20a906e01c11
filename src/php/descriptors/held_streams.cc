#include "php/descriptors/held_streams.h"

#include "php/zend.h"

namespace tusk::php::descriptors {

namespace {

// Null if the first argument is not a stream. Persistent streams are excluded: the flag would stay
// set when PHP leaves the function by longjmp.
php_stream* stream_of(zend_execute_data* execute_data) noexcept {
  if (ZEND_CALL_NUM_ARGS(execute_data) == 0) return nullptr;
  zval* argument = ZEND_CALL_ARG(execute_data, 1);
  ZVAL_DEREF(argument);
  if (Z_TYPE_P(argument) != IS_RESOURCE) return nullptr;
  auto* const stream = static_cast<php_stream*>(
      zend_fetch_resource2_ex(argument, nullptr, php_file_le_stream(), php_file_le_pstream()));
  return stream != nullptr && !stream->is_persistent ? stream : nullptr;
}

// One instance per function, because a handler cannot tell for which function it was called.
template <int kFunction>
struct Holding {
  static inline zif_handler original = nullptr;

  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    php_stream* stream = stream_of(execute_data);
    const uint32_t before = stream != nullptr ? stream->flags & PHP_STREAM_FLAG_NO_FCLOSE : 0;
    if (stream != nullptr) stream->flags |= PHP_STREAM_FLAG_NO_FCLOSE;
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
    if (before != 0) return;
    // The stream is looked up again, because pclose() and similar functions ignore the flag.
    stream = stream_of(execute_data);
    if (stream != nullptr) stream->flags &= ~PHP_STREAM_FLAG_NO_FCLOSE;
  }

  static void hold(const char* name, std::size_t length) noexcept {
    auto* const function = static_cast<zend_internal_function*>(
        zend_hash_str_find_ptr(CG(function_table), name, length));
    if (function == nullptr) return;
    original = function->handler;
    function->handler = call;
  }
};

}  // namespace

void hold_streams_in_use() noexcept {
  Holding<0>::hold(ZEND_STRL("fprintf"));
  Holding<1>::hold(ZEND_STRL("vfprintf"));
  Holding<2>::hold(ZEND_STRL("fputcsv"));
  Holding<3>::hold(ZEND_STRL("fpassthru"));
}

}  // namespace tusk::php::descriptors

// The globals of PHP's extensions, as far as BootState reads them: copies of the structs that
// ZEND_BEGIN_MODULE_GLOBALS() makes in each extension's header, because most of these headers are
// not installed, or include those of a library. PHP exports the address of only a few; all are
// found by their module's entry. The structs are those of PHP 8.2, 8.4 and 8.5.
//
// Thread: the worker's.
#pragma once

#include <cstdint>

#include "php/zend.h"

namespace tusk::php::resident::state {

// ext/date/php_date.h
struct DateGlobals {
  static constexpr const char* kModule = "date";
  char* default_timezone;
  char* timezone;
  HashTable* tzcache;
  void* last_errors;
};

// ext/json/php_json.h
struct JsonGlobals {
  static constexpr const char* kModule = "json";
  int encoder_depth;
  int encode_max_depth;
  int error_code;
};

// ext/libxml/php_libxml.h
struct LibxmlGlobals {
  static constexpr const char* kModule = "libxml";
  zval stream_context;
  smart_str error_buffer;
  zend_llist* error_list;
#if PHP_VERSION_ID < 80300
  struct {
    zval callback;
    zend_fcall_info call;
    zend_fcall_info_cache cache;
  } entity_loader;
#else
  zend_fcall_info_cache entity_loader_callback;
#endif
  bool entity_loader_disabled;
};

// ext/mbstring/mbstring.h
struct MbstringGlobals {
  static constexpr const char* kModule = "mbstring";
  char* internal_encoding_name;
  const void* internal_encoding;
  const void* current_internal_encoding;
  const void* http_output_encoding;
  const void* current_http_output_encoding;
  const void* http_input_identify[5];
  const void** http_input_list;
  size_t http_input_list_size;
  const void** detect_order_list;
  size_t detect_order_list_size;
  const void** current_detect_order_list;
  size_t current_detect_order_list_size;
  int* default_detect_order_list;
  size_t default_detect_order_list_size;
#if PHP_VERSION_ID >= 80300
  HashTable* all_encodings_list;
#endif
  int filter_illegal_mode;
  uint32_t filter_illegal_substchar;
  int current_filter_illegal_mode;
  uint32_t current_filter_illegal_substchar;
  int language;
  bool encoding_translation;
  bool strict_detection;
  size_t illegalchars;
#if PHP_VERSION_ID < 80300
  void* outconv;
#else
  bool outconv_enabled;
  unsigned outconv_state;
#endif
  void* http_output_conv_mimetypes;
  void* mb_regex_globals;
  zend_long regex_stack_limit;
  zend_string* last_used_encoding_name;
  const void* last_used_encoding;
  bool internal_encoding_set;
  bool http_output_set;
  bool http_input_set;
  zend_long regex_retry_limit;
};

// The first members of _zend_mb_regex_globals in ext/mbstring/php_mbregex.c.
struct MbRegexGlobals {
  void* default_mbctype;
  void* current_mbctype;
  const void* current_mbctype_mbfl_encoding;
  HashTable ht_rc;
  zval search_str;
  zval* search_str_val;
  size_t search_pos;
  void* search_re;
};

// ext/mysqli/php_mysqli_structs.h
struct MysqliGlobals {
  static constexpr const char* kModule = "mysqli";
  zend_long num_links;
  zend_long max_links;
  zend_long num_active_persistent;
  zend_long num_inactive_persistent;
  zend_long max_persistent;
  bool allow_persistent;
  zend_ulong default_port;
  char* default_host;
  char* default_user;
  char* default_pw;
  char* default_socket;
  bool allow_local_infile;
  char* local_infile_directory;
  zend_long error_no;
  char* error_msg;
  zend_long report_mode;
  bool rollback_on_cached_plink;
};

// ext/openssl/php_openssl.h
struct OpensslGlobals {
  static constexpr const char* kModule = "openssl";
  struct Errors {
    int buffer[16];
    int top;
    int bottom;
  };
  Errors* errors;
#if PHP_VERSION_ID >= 80300
  Errors* errors_mark;
#endif
#if PHP_VERSION_ID >= 80500
  void* contexts[3];  // openssl.libctx chooses one
  char* properties;
#endif
};

// ext/pcntl/php_pcntl.h
struct PcntlGlobals {
  static constexpr const char* kModule = "pcntl";
  struct PendingSignal {
    PendingSignal* next;
  };
  HashTable signal_table;  // number → callable
#if PHP_VERSION_ID >= 80500
  bool processing_signal_queue;
  volatile bool pending_signals;
  bool async_signals;
  unsigned num_signals;
  int last_error;
  PendingSignal* head;
  PendingSignal* tail;
  PendingSignal* spares;
#else
  int processing_signal_queue;
  PendingSignal* head;
  PendingSignal* tail;
  PendingSignal* spares;
  int last_error;
  volatile char pending_signals;
  bool async_signals;
  unsigned num_signals;
#endif
};

// ext/pcre/php_pcre.h, with the JIT of PCRE
struct PcreGlobals {
  static constexpr const char* kModule = "pcre";
  HashTable pcre_cache;
  zend_long backtrack_limit;
  zend_long recursion_limit;
  bool jit;
#if PHP_VERSION_ID < 80300
  bool per_request_cache;
#endif
  int error_code;
  zval unmatched_null_pair;
  zval unmatched_empty_pair;
  void* gctx_zmm;
};

// ext/posix/php_posix.h
struct PosixGlobals {
  static constexpr const char* kModule = "posix";
  int last_error;
};

// ext/sockets/php_sockets.h
struct SocketsGlobals {
  static constexpr const char* kModule = "sockets";
  int last_error;
  char* strerror_buf;
};

// Null: there is no such module, or its globals have another size than ours, which a debug line
// says.
void* find_globals(const char* module, std::size_t size) noexcept;

template <class Globals>
Globals* find_globals() noexcept {
  return static_cast<Globals*>(find_globals(Globals::kModule, sizeof(Globals)));
}

}  // namespace tusk::php::resident::state

#include "php/resident/standard_streams.h"

#include "php/resident/error_stream.h"
#include "php/zend.h"

namespace tusk::php::resident {

namespace {

constexpr char kStreams[] =
    "defined('STDIN') || define('STDIN', fopen('php://stdin', 'r'));"
    "defined('STDOUT') || define('STDOUT', fopen('php://stdout', 'w'));";

}  // namespace

void define_standard_streams() noexcept {
  zend_try {
    zend_eval_string(kStreams, nullptr, "standard streams");
    define_error_stream();
  }
  zend_end_try();
}

}  // namespace tusk::php::resident

#include "base/result.h"

#include <system_error>

namespace tusk::base {

std::unexpected<Error> fail_errno(std::string message, int error_number) {
  return fail(std::move(message) + ": " + std::generic_category().message(error_number));
}

}  // namespace tusk::base

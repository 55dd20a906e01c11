// Result<T>: a value or an Error. Every recoverable failure crosses folders as one.
//
// Thread: any. An Error holds one sentence for people. If the program has to act on the failure, a
// type of its own (an HTTP status, an errno) stands beside it.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tusk::base {

struct Error {
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message) {
  return std::unexpected<Error>(Error{std::move(message)});
}

// "message: <text of errno>", for a system call that has just failed.
std::unexpected<Error> fail_errno(std::string message, int error_number);

}  // namespace tusk::base

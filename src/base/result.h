// Result<T>: the one way a recoverable failure travels between folders.
//
// Thread: any. An Error carries one sentence for a person; what a program must act on (an HTTP
// status, an errno) travels in a type of its own beside it.
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

// FrameWalk: reads the functions that a PHP thread is in from PHP's own frames.
//
// Owner and thread: the function that has it on its stack, on the thread itself (OwnMemory) or on
// another one (ForeignMemory).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "exec/observation/backtrace.h"
#include "php/backtrace/process_memory.h"
#include "php/zend.h"

namespace tusk::php::backtrace {

// The thread that reads is the one that runs the script, so everything is as PHP needs it itself.
// Only the function of the innermost frame is read with care: an extension may have freed it before
// it returns, as FFI and closures do (they set the frame's pointer to null).
struct OwnMemory {
  bool read(const void* from, void* into, std::size_t size) noexcept {
    if (innermost) {
      const auto outcome = ProcessMemory::read_directly(from, into, size);
      if (outcome != ProcessMemory::Outcome::kForbidden) {
        return outcome == ProcessMemory::Outcome::kRead;
      }
    }
    if (from == nullptr) return false;
    std::memcpy(into, from, size);
    return true;
  }
  bool innermost = true;
};

// The memory may change or end while it is read.
struct ForeignMemory {
  bool read(const void* from, void* into, std::size_t size) noexcept {
    return ProcessMemory::read(from, into, size);
  }
  bool innermost = true;
};

// Does for `Backtrace` what zend_fetch_debug_backtrace() in Zend/zend_builtin_functions.c does for
// debug_backtrace(), but without an allocation, without changing anything (PHP links the frames of
// nested generators while it looks at them), and without trusting the memory. A frame has the line
// that its own function is at, not the line that it was called from.
//
// It calls nothing of PHP, so it cannot be left by longjmp.
template <class Memory>
class FrameWalk {
 public:
  FrameWalk(const zend_executor_globals& globals, exec::observation::Backtrace& into) noexcept
      : globals_(globals), into_(into) {}

  // Adds frames from the innermost on. False: the memory is not what it should be, and the last
  // frames may be wrong.
  bool run() noexcept;

 private:
  using Backtrace = exec::observation::Backtrace;

  // The parts of a zend_function that are read.
  struct Function {
    decltype(zend_function::common) common;
    const zend_string* file = nullptr;  // null: it is not a script's
  };

  template <class T>
  bool get(const T* from, T& into) noexcept {
    return memory_.read(from, static_cast<void*>(&into), sizeof into);
  }

  bool add(const zend_execute_data& frame) noexcept;
  bool add_delegating_generators(const zend_execute_data& placeholder) noexcept;
  bool add_internal_function_without_frame(std::uint32_t index) noexcept;
  bool read_function(const zend_function* function, Function& into) noexcept;
  bool read_instruction(const zend_execute_data& frame, zend_op& into) noexcept;
  bool describe(const zend_function* address, const Function& function,
                Backtrace::Frame& frame) noexcept;
  Backtrace::Text pseudo_name(const zend_execute_data& frame, const Function& function) noexcept;
  bool read_name(const zend_string* name, Backtrace::Text& into) noexcept;
  bool read_path(const zend_string* path, Backtrace::Text& into) noexcept;

  const zend_executor_globals& globals_;  // its members are read through memory_ only
  Backtrace& into_;
  Memory memory_;
  // The last frame's, since neighbours often have the same file or function.
  const zend_function* last_function_ = nullptr;
  const zend_string* last_path_ = nullptr;
  Backtrace::Text last_path_text_;
};

extern template class FrameWalk<OwnMemory>;
extern template class FrameWalk<ForeignMemory>;

}  // namespace tusk::php::backtrace

// FrameWalk: reads the functions that a PHP thread is in from PHP's own frames.
//
// Owner and thread: the function that has it on its stack, on the thread itself or on another one,
// also of another process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "exec/observation/backtrace.h"
#include "exec/observation/frame_layout.h"

namespace tusk::exec::observation {

// The memory that the frames are in.
class FrameMemory {
 public:
  // False: not all of it can be read.
  virtual bool read(std::uint64_t from, void* into, std::size_t size) noexcept = 0;
  // The thread that reads is the one that runs the script, between two instructions.
  virtual bool is_own() const noexcept { return false; }
  // From now on what is read belongs to callers of the innermost frame.
  virtual void leave_innermost() noexcept {}

 protected:
  ~FrameMemory() = default;
};

// Does for `Backtrace` what zend_fetch_debug_backtrace() in Zend/zend_builtin_functions.c does for
// debug_backtrace(), but without an allocation, without changing anything (PHP links the frames of
// nested generators while it looks at them), and without trusting the memory. A frame has the line
// that its own function is at, not the line that it was called from.
//
// It calls nothing of PHP, so it cannot be left by longjmp.
class FrameWalk {
 public:
  // `layout` must be sound.
  FrameWalk(FrameMemory& memory, const FrameLayout& layout, Backtrace& into) noexcept
      : memory_(memory), layout_(layout), into_(into) {}

  // Adds frames from the innermost on. False: the memory is not what it should be, and the last
  // frames may be wrong.
  bool run() noexcept;

 private:
  using Address = std::uint64_t;  // 0: null

  struct Frame {
    Address instruction;
    Address function;
    Address previous;
    Address object;  // 0: it has none
  };
  struct Function {
    std::uint8_t type;
    Address name;
    Address scope;
    Address file;  // 0: it is not a script's
  };
  struct Instruction {
    std::uint8_t operation = 0;
    std::uint32_t extended_value = 0;
    std::uint32_t line = 0;
  };
  // Bytes that were read at once.
  struct Block {
    template <class T>
    T at(std::uint32_t offset) const noexcept {
      T value;
      std::memcpy(&value, bytes.data() + offset, sizeof value);
      return value;
    }
    std::array<char, FrameLayout::kMostBytes> bytes;
  };

  bool get_word(Address from, Address& into) noexcept {
    return memory_.read(from, &into, sizeof into);
  }
  bool read_frame(Address from, Frame& into) noexcept;
  bool read_function(Address from, Function& into) noexcept;
  bool read_instruction(const Frame& frame, Instruction& into) noexcept;

  bool add(const Frame& frame) noexcept;
  bool add_delegating_generators(const Frame& placeholder) noexcept;
  bool add_internal_function_without_frame(std::uint32_t index) noexcept;
  bool describe(Address address, const Function& function, Backtrace::Frame& frame) noexcept;
  Backtrace::Text pseudo_name(const Frame& frame, const Function& function) noexcept;
  bool read_name(Address name, Backtrace::Text& into) noexcept;
  bool read_path(Address path, Backtrace::Text& into) noexcept;
  bool is_frameless(std::uint8_t operation) const noexcept {
    const FrameLayout::Constants& constants = layout_.constants;
    return layout_.frameless_functions != 0 && operation >= constants.first_frameless &&
           operation <= constants.last_frameless;
  }

  FrameMemory& memory_;
  const FrameLayout& layout_;
  Backtrace& into_;
  bool is_innermost_ = true;
  // The last frame's, since neighbours often have the same file or function.
  Address last_function_ = 0;
  Address last_path_ = 0;
  Backtrace::Text last_path_text_;
};

}  // namespace tusk::exec::observation

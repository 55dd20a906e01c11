// FrameLayout: where a process has PHP's frames, and what they look like there.
//
// Owner: whoever reads the frames. Thread: any; a value without pointers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::exec::observation {

// What FrameWalk needs of PHP's headers, as numbers: so that a program that has no PHP in it can
// read the frames of one that has. php/backtrace/php_frame_layout.h makes it.
//
// All are addresses in the process, or offsets in bytes.
struct FrameLayout {
  std::uint64_t globals = 0;  // zend_executor_globals; 0: there is no layout
  std::uint64_t generator_class = 0;
  std::uint64_t frameless_functions = 0;  // an array of pointers; 0: this PHP has none
  std::uint64_t heap_use = 0;  // two words: what PHP's allocator uses, and its peak; 0: not known

  struct Globals {
    std::uint32_t frame = 0;
    std::uint32_t interrupt = 0;  // a byte
    std::uint32_t throw_instructions = 0;
    std::uint32_t throw_instructions_bytes = 0;
    std::uint32_t instruction_before_throw = 0;
  } in_globals;
  // In each of these three, `bytes` says how many bytes are read at once.
  struct Frame {
    std::uint32_t bytes = 0;
    std::uint32_t instruction = 0;
    std::uint32_t function = 0;
    std::uint32_t previous = 0;
    std::uint32_t object = 0;
    std::uint32_t object_type = 0;  // a byte
  } in_frame;
  struct Function {
    std::uint32_t bytes = 0;
    std::uint32_t type = 0;  // a byte
    std::uint32_t name = 0;
    std::uint32_t scope = 0;
    std::uint32_t file = 0;  // beyond `bytes`: only a script's function has it
  } in_function;
  struct Instruction {
    std::uint32_t bytes = 0;
    std::uint32_t operation = 0;       // a byte
    std::uint32_t extended_value = 0;  // four bytes, as the next
    std::uint32_t line = 0;
  } in_instruction;
  struct Others {
    std::uint32_t text_size = 0;  // of a zend_string
    std::uint32_t text = 0;
    std::uint32_t class_of_object = 0;
    std::uint32_t name_of_class = 0;
    std::uint32_t parent_of_generator = 0;
    std::uint32_t frame_of_generator = 0;
  } in_others;
  struct Constants {
    std::uint8_t object = 0;           // the type of a value
    std::uint8_t eval = 0;             // the type of a function
    std::uint8_t first_frameless = 1;  // the operations that call a function without a frame;
    std::uint8_t last_frameless = 0;   // none, if the last is before the first
  } constants;

  static constexpr std::size_t kMostBytes = 128;  // read at once

  // It is one that can be worked with. Only then is FrameWalk safe: a process may have written
  // anything.
  bool is_sound() const;
};

}  // namespace tusk::exec::observation

#include "exec/observation/frame_layout.h"

#include <initializer_list>

namespace tusk::exec::observation {

namespace {

// Each field is at most a word.
bool fits(std::uint32_t bytes, std::initializer_list<std::uint32_t> offsets) {
  if (bytes > FrameLayout::kMostBytes || bytes < sizeof(std::uint64_t)) return false;
  for (const std::uint32_t offset : offsets) {
    if (offset > bytes - sizeof(std::uint64_t)) return false;
  }
  return true;
}

bool fits_small(std::uint32_t bytes, std::uint32_t offset, std::size_t size) {
  return bytes <= FrameLayout::kMostBytes && bytes >= size && offset <= bytes - size;
}

}  // namespace

bool FrameLayout::is_sound() const {
  return globals != 0 &&
         fits(in_frame.bytes,
              {in_frame.instruction, in_frame.function, in_frame.previous, in_frame.object}) &&
         fits_small(in_frame.bytes, in_frame.object_type, 1) &&
         fits(in_function.bytes, {in_function.name, in_function.scope}) &&
         fits_small(in_function.bytes, in_function.type, 1) &&
         fits_small(in_instruction.bytes, in_instruction.operation, 1) &&
         fits_small(in_instruction.bytes, in_instruction.extended_value, 4) &&
         fits_small(in_instruction.bytes, in_instruction.line, 4);
}

}  // namespace tusk::exec::observation

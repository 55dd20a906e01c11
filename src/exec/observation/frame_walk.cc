#include "exec/observation/frame_walk.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace tusk::exec::observation {

namespace {

// Frames that are not shown count too, so that a cycle in memory that is not what it should be
// ends.
constexpr int kMostSteps = 4 * Backtrace::kMostFrames;
constexpr std::size_t kMostDelegations = 16;

// The name of an anonymous class goes on after a NUL, with the place of its definition.
std::string_view without_anonymous_tail(std::string_view name) noexcept {
  constexpr std::string_view kMark("@anonymous\0", 11);
  const std::size_t at = name.find(kMark);
  return at == std::string_view::npos ? name : name.substr(0, at + kMark.size() - 1);
}

// ZEND_USER_CODE()
bool is_of_script(std::uint8_t function_type) noexcept { return (function_type & 1U) == 0; }

}  // namespace

bool FrameWalk::run() noexcept {
  Address at = 0;
  if (!get_word(layout_.globals + layout_.in_globals.frame, at)) return false;
  for (int steps = 0; at != 0 && !into_.is_full() && steps < kMostSteps; ++steps) {
    Frame frame;
    if (!read_frame(at, frame)) return false;
    const bool added = frame.function != 0 ? add(frame) : add_delegating_generators(frame);
    if (!added) return false;
    at = frame.previous;
    is_innermost_ = false;
    memory_.leave_innermost();
  }
  into_.has_more_frames = at != 0;
  return true;
}

bool FrameWalk::add(const Frame& frame) noexcept {
  Function function;
  if (!read_function(frame.function, function)) return false;
  Backtrace::Frame shown;
  if (function.file != 0) {
    Instruction instruction;
    if (!read_instruction(frame, instruction)) return false;
    // A call of a C function that has no frame. The thread itself comes here between instructions:
    // there the innermost such call has not begun.
    const bool is_inside = !is_innermost_ || !memory_.is_own();
    if (is_inside && is_frameless(instruction.operation) &&
        !add_internal_function_without_frame(instruction.extended_value)) {
      return false;
    }
    shown.line = instruction.line;
  }
  if (!describe(frame.function, function, shown)) return false;
  if (function.name == 0) {
    if (function.file == 0) return true;  // one of PHP's own, such as a fiber's first
    shown.function = pseudo_name(frame, function);
  }
  if (shown.scope.size != 0)
    shown.call = frame.object != 0 ? Backtrace::Call::kMethod : Backtrace::Call::kStaticMethod;
  into_.add(shown);
  return true;
}

auto FrameWalk::pseudo_name(const Frame& frame, const Function& function) noexcept
    -> Backtrace::Text {
  if (function.type == layout_.constants.eval) return into_.store("{eval}");
  return into_.store(frame.previous == 0 ? "{main}" : "{include}");
}

// A generator that runs inside "yield from" of others is linked to its caller by a frame without a
// function. The others come between them: see zend_generator_check_placeholder_frame().
bool FrameWalk::add_delegating_generators(const Frame& placeholder) noexcept {
  if (placeholder.object == 0) return true;
  Address type = 0;
  if (!get_word(placeholder.object + layout_.in_others.class_of_object, type)) return false;
  if (type != layout_.generator_class) return true;
  std::array<Address, kMostDelegations> frames{};
  std::size_t count = 0;
  Address at = placeholder.object;
  while (count < frames.size()) {
    Address parent = 0;
    if (!get_word(at + layout_.in_others.parent_of_generator, parent)) return false;
    if (parent == 0) break;  // the innermost: it has a frame of its own
    if (!get_word(at + layout_.in_others.frame_of_generator, frames[count])) return false;
    ++count;
    at = parent;
  }
  while (count > 0 && !into_.is_full()) {
    Frame frame;
    if (!read_frame(frames[--count], frame)) return false;
    if (frame.function != 0 && !add(frame)) return false;
  }
  return true;
}

bool FrameWalk::add_internal_function_without_frame(std::uint32_t index) noexcept {
  Address address = 0;
  if (!get_word(layout_.frameless_functions + std::uint64_t{index} * sizeof address, address))
    return false;
  if (address == last_function_) return true;  // it has a frame nevertheless, for an observer
  Function function;
  Backtrace::Frame shown;
  if (!read_function(address, function) || !describe(address, function, shown)) return false;
  into_.add(shown);
  return true;
}

bool FrameWalk::read_frame(Address from, Frame& into) noexcept {
  const FrameLayout::Frame& offsets = layout_.in_frame;
  Block block;
  if (!memory_.read(from, block.bytes.data(), offsets.bytes)) return false;
  into.instruction = block.at<Address>(offsets.instruction);
  into.function = block.at<Address>(offsets.function);
  into.previous = block.at<Address>(offsets.previous);
  const bool has_object = block.at<std::uint8_t>(offsets.object_type) == layout_.constants.object;
  into.object = has_object ? block.at<Address>(offsets.object) : 0;
  return true;
}

bool FrameWalk::read_function(Address from, Function& into) noexcept {
  const FrameLayout::Function& offsets = layout_.in_function;
  Block block;
  if (!memory_.read(from, block.bytes.data(), offsets.bytes)) return false;
  into.type = block.at<std::uint8_t>(offsets.type);
  into.name = block.at<Address>(offsets.name);
  into.scope = block.at<Address>(offsets.scope);
  into.file = 0;
  return !is_of_script(into.type) || get_word(from + offsets.file, into.file);
}

// After a throw the frame's instruction is one of three that stand in the globals.
bool FrameWalk::read_instruction(const Frame& frame, Instruction& into) noexcept {
  Address at = frame.instruction;
  const Address thrown = layout_.globals + layout_.in_globals.throw_instructions;
  if (at - thrown < layout_.in_globals.throw_instructions_bytes &&
      !get_word(layout_.globals + layout_.in_globals.instruction_before_throw, at)) {
    return false;
  }
  if (at == 0) return true;  // a frame that has not begun
  const FrameLayout::Instruction& offsets = layout_.in_instruction;
  Block block;
  if (!memory_.read(at, block.bytes.data(), offsets.bytes)) return false;
  into.operation = block.at<std::uint8_t>(offsets.operation);
  into.extended_value = block.at<std::uint32_t>(offsets.extended_value);
  into.line = block.at<std::uint32_t>(offsets.line);
  return true;
}

// Everything but the line.
bool FrameWalk::describe(Address address, const Function& function,
                         Backtrace::Frame& frame) noexcept {
  const std::span<const Backtrace::Frame> before = into_.frames();
  if (address == last_function_ && !before.empty() && function.name != 0) {
    frame.scope = before.back().scope;
    frame.function = before.back().function;
    frame.file = before.back().file;
    return true;
  }
  if (function.name != 0 && !read_name(function.name, frame.function)) return false;
  if (function.scope != 0 && function.name != 0) {
    Address scope = 0;
    if (!get_word(function.scope + layout_.in_others.name_of_class, scope) ||
        !read_name(scope, frame.scope)) {
      return false;
    }
  }
  last_function_ = address;
  return function.file == 0 || read_path(function.file, frame.file);
}

bool FrameWalk::read_name(Address name, Backtrace::Text& into) noexcept {
  std::uint64_t size = 0;
  if (!get_word(name + layout_.in_others.text_size, size)) return false;
  const std::span<char> room = into_.room(std::min<std::uint64_t>(size, Backtrace::kLongestName));
  if (!memory_.read(name + layout_.in_others.text, room.data(), room.size())) return false;
  into = into_.keep(without_anonymous_tail({room.data(), room.size()}).size());
  return true;
}

// A path that is too long keeps its end.
bool FrameWalk::read_path(Address path, Backtrace::Text& into) noexcept {
  if (path == last_path_) {
    into = last_path_text_;
    return true;
  }
  std::uint64_t size = 0;
  if (!get_word(path + layout_.in_others.text_size, size)) return false;
  const std::span<char> room = into_.room(std::min<std::uint64_t>(size, Backtrace::kLongestPath));
  const Address text = path + layout_.in_others.text;
  if (!memory_.read(text + (size - room.size()), room.data(), room.size())) return false;
  into = into_.keep(room.size());
  last_path_ = path;
  last_path_text_ = into;
  return true;
}

}  // namespace tusk::exec::observation

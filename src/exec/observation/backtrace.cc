#include "exec/observation/backtrace.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "observe/escape.h"

namespace tusk::exec::observation {

Backtrace::Text Backtrace::store(std::string_view text) {
  const std::span<char> place = room(text.size());
  text.copy(place.data(), place.size());
  return keep(place.size());
}

void Backtrace::set_waiting_call(std::string_view name) {
  waits_in = {};
  std::ranges::copy(name.substr(0, waits_in.size() - 1), waits_in.begin());
}

// It is copied first: the other process may change it meanwhile.
bool Backtrace::copy_untrusted(const Backtrace& from) noexcept {
  static_assert(std::is_trivially_copyable_v<Backtrace>);
  std::memcpy(static_cast<void*>(this), &from, sizeof *this);
  unsigned char more = 0;
  std::memcpy(&more, &has_more_frames, sizeof more);
  has_more_frames = more != 0;
  taken_by = TakenBy::kThread;
  waits_in = {};
  const auto is_text = [&](Text text, std::size_t longest) {
    return text.size <= longest && std::size_t{text.offset} + text.size <= used_;
  };
  const auto is_frame = [&](const Frame& frame) {
    return is_text(frame.scope, kLongestName) && is_text(frame.function, kLongestName) &&
           is_text(frame.file, kLongestPath) && frame.call <= Call::kMethod;
  };
  if (count_ <= kMostFrames && used_ <= kTextBytes && std::ranges::all_of(frames(), is_frame))
    return true;
  clear(0);
  return false;
}

namespace {

void append_name(std::string& out, const Backtrace& trace, const Backtrace::Frame& frame) {
  observe::append_text_escaped(out, trace.view(frame.scope));
  if (frame.call == Backtrace::Call::kMethod) out.append("->");
  if (frame.call == Backtrace::Call::kStaticMethod) out.append("::");
  observe::append_text_escaped(out, trace.view(frame.function));
}

void append_function(std::string& out, const Backtrace& trace, const Backtrace::Frame& frame) {
  append_name(out, trace, frame);
  if (!is_code_outside_functions(trace, frame)) out.append("()");
}

void append_frame(std::string& out, const Backtrace& trace, const Backtrace::Frame& frame) {
  if (frame.file.size == 0) {
    out.append("[internal] ");
  } else {
    observe::append_text_escaped(out, trace.view(frame.file));
    out.append(":").append(std::to_string(frame.line)).append(" ");
  }
  append_function(out, trace, frame);
}

}  // namespace

std::string function_name(const Backtrace& trace, const Backtrace::Frame& frame) {
  std::string name;
  append_name(name, trace, frame);
  return name;
}

bool is_code_outside_functions(const Backtrace& trace, const Backtrace::Frame& frame) {
  const std::string_view name = trace.view(frame.function);
  return name == "{main}" || name == "{include}" || name == "{eval}";
}

std::string frame_text(const Backtrace& trace, const Backtrace::Frame& frame) {
  std::string text;
  append_frame(text, trace, frame);
  return text;
}

std::vector<std::string> frame_lines(const Backtrace& trace) {
  std::vector<std::string> lines;
  for (const Backtrace::Frame& frame : trace.frames()) {
    std::string& line = lines.emplace_back("#" + std::to_string(lines.size()) + " ");
    append_frame(line, trace, frame);
  }
  if (trace.has_more_frames) lines.emplace_back("… further frames");
  return lines;
}

std::string joined_frames(const Backtrace& trace) {
  std::string text;
  for (const std::string& line : frame_lines(trace)) {
    if (!text.empty()) text.push_back('\n');
    text.append(line);
  }
  return text;
}

}  // namespace tusk::exec::observation

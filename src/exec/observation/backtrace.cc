#include "exec/observation/backtrace.h"

#include <algorithm>
#include <cstring>

#include "observe/escape.h"

namespace tusk::exec::observation {

Backtrace::Text Backtrace::store(std::string_view text) {
  const std::span<char> place = room(text.size());
  std::memcpy(place.data(), text.data(), place.size());
  return keep(place.size());
}

void Backtrace::set_waiting_call(std::string_view name) {
  waits_in = {};
  std::ranges::copy(name.substr(0, waits_in.size() - 1), waits_in.begin());
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

std::string function_text(const Backtrace& trace, const Backtrace::Frame& frame) {
  std::string text;
  append_function(text, trace, frame);
  return text;
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

}  // namespace tusk::exec::observation

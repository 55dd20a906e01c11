#include "observe/crash/crash_report.h"

#include <execinfo.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "observe/crash/module_map.h"
#include "observe/emergency_line.h"
#include "observe/fixed_text.h"

namespace tusk::observe::crash {

namespace {

using base::process::CrashedPhpFrame;

constexpr int kFrames = 48;
// A callback may be deep inside functions of C.
constexpr std::size_t kPhpFrames = 16;

void append_frame(FixedText& out, std::uintptr_t code) noexcept {
  const CodeModule* const module = ModuleMap::find(code);
  if (module != nullptr) {
    out.append(module->file());
    out.push_back('+');
    code -= module->base;
  }
  out.append("0x");
  out.append_number(code, 16);
}

// "libxml2.so.2.9.14+0x5a3c1 libphp.so+0x1c8b20 …", as addr2line -e takes it. Begins where the
// thread was interrupted, without the frames of the handler.
void append_backtrace(FixedText& out, std::uintptr_t from) noexcept {
  void* frames[kFrames];
  const int count = ::backtrace(frames, kFrames);
  int first = 0;
  for (int i = 0; i < count && first == 0; ++i) {
    if (reinterpret_cast<std::uintptr_t>(frames[i]) == from) first = i;
  }
  if (first == 0) append_frame(out, from);
  for (int i = first; i < count; ++i) {
    if (i != first || first == 0) out.push_back(' ');
    append_frame(out, reinterpret_cast<std::uintptr_t>(frames[i]));
  }
}

void append_place(FixedText& out, const CrashedPhpFrame& frame) noexcept {
  out.append(base::process::text_of(frame.file));
  out.push_back(':');
  out.append_number(frame.line);
}

// The innermost line of PHP code.
void append_php_place(EmergencyLine& line, std::span<const CrashedPhpFrame> frames) noexcept {
  for (const CrashedPhpFrame& frame : frames) {
    if (frame.file[0] == '\0') continue;
    FixedText place;
    append_place(place, frame);
    line.text("at", place.view());
    return;
  }
}

// "strlen() measure() /srv/a.php:12 {main}() /srv/index.php:3"
void append_php_backtrace(EmergencyLine& line, std::span<const CrashedPhpFrame> frames) noexcept {
  if (frames.empty()) return;
  FixedText text;
  for (const CrashedPhpFrame& frame : frames) {
    if (&frame != frames.data()) text.push_back(' ');
    text.append(base::process::text_of(frame.function));
    text.append("()");
    if (frame.file[0] == '\0') continue;
    text.push_back(' ');
    append_place(text, frame);
  }
  line.text("php_backtrace", text.view());
}

}  // namespace

// backtrace() loads libgcc at its first call, which takes locks and memory.
void prepare_crash_reports() {
  void* frames[2];
  (void)::backtrace(frames, 2);
}

void report_crash(const CrashFacts& facts) noexcept {
  EmergencyLine line(facts.message);
  line.text("cause", facts.cause);
  if (!facts.detail.empty()) line.text("detail", facts.detail);
  if (facts.has_address) line.address("address", facts.address);
  line.number("thread", static_cast<std::uint64_t>(::syscall(SYS_gettid)));
  CrashedPhpFrame all[kPhpFrames];
  std::span<const CrashedPhpFrame> frames;
  if (facts.script && facts.script->read_frames != nullptr)
    frames = std::span(all).first(facts.script->read_frames(std::span(all)));
  if (facts.script) {
    const ScriptFacts& script = *facts.script;
    append_php_place(line, frames);
    line.number("request", script.request)
        .text("method", script.method)
        .text("host", script.host)
        .text("path", script.path)
        .text("script", script.script)
        .text("request_id", base::process::text_of(script.request_id));
  }
  FixedText backtrace;
  append_backtrace(backtrace, facts.at.code);
  line.text("backtrace", backtrace.view());
  // The longest one, which is cut if there is no room.
  append_php_backtrace(line, frames);
  line.write();
}

}  // namespace tusk::observe::crash

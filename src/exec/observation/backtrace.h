// Backtrace: the functions that a script is in, innermost first, without arguments.
//
// Owner: its reader, or a thread's probe. Thread: any; a value without pointers.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::exec::observation {

// How the backtrace was taken, and so how exact it is.
enum class TakenBy : std::uint8_t {
  kThread,      // the script's thread itself, between two instructions: exact
  kWhileWaits,  // another thread, while the script's thread waited in a system call: exact
  // Another thread, while the script's thread ran: it is inside a C function that takes long. The
  // innermost function is right, lines may be those of a moment before.
  kWhileRuns,
};

// Limited in frames and in bytes, so that it can be filled without an allocation. Names are as PHP
// has them, and may contain any byte: frame_text() and frame_lines() escape them.
class Backtrace {
 public:
  static constexpr std::size_t kMostFrames = 64;
  static constexpr std::size_t kTextBytes = std::size_t{12} * 1024;
  static constexpr std::size_t kLongestName = 128;
  static constexpr std::size_t kLongestPath = 256;

  struct Text {
    std::uint16_t offset = 0;
    std::uint16_t size = 0;
  };
  enum class Call : std::uint8_t { kFunction, kStaticMethod, kMethod };
  struct Frame {
    Text scope;     // the class of a method, or empty
    Text function;  // also "{main}", "{include}" and "{eval}"
    Text file;      // empty: a function of PHP or an extension
    std::uint32_t line = 0;
    Call call = Call::kFunction;
  };

  void clear(std::uint64_t of_request) {
    request_id = of_request;
    taken_by = TakenBy::kThread;
    has_more_frames = false;
    waits_in = {};
    count_ = 0;
    used_ = 0;
  }

  std::span<const Frame> frames() const { return {frames_.data(), count_}; }
  std::string_view view(Text text) const { return {text_.data() + text.offset, text.size}; }

  // --- filling ---
  // There is no room for a further frame.
  bool is_full() const {
    return count_ == kMostFrames || kTextBytes - used_ < 2 * kLongestName + kLongestPath;
  }
  void add(const Frame& frame) {
    if (!is_full()) frames_[count_++] = frame;
  }
  // Room for a text of `size` bytes, or for less if the end is near.
  std::span<char> room(std::size_t size) {
    const std::size_t left = kTextBytes - used_;
    return {text_.data() + used_, size < left ? size : left};
  }
  // Keeps the first `size` bytes of the room.
  Text keep(std::size_t size) {
    const Text text{static_cast<std::uint16_t>(used_), static_cast<std::uint16_t>(size)};
    used_ += size;
    return text;
  }
  Text store(std::string_view text);

  std::uint64_t request_id = 0;
  TakenBy taken_by = TakenBy::kThread;
  bool has_more_frames = false;  // further out
  // The system call that the thread waits in; empty if it does not wait. NUL-terminated.
  std::array<char, 24> waits_in{};
  std::string_view waiting_call() const { return waits_in.data(); }
  void set_waiting_call(std::string_view name);

  // Takes over what a thread of another process has written, which may be anything. False: it is no
  // backtrace.
  bool copy_untrusted(const Backtrace& from) noexcept;

 private:
  std::size_t count_ = 0;
  std::size_t used_ = 0;
  std::array<Frame, kMostFrames> frames_{};
  std::array<char, kTextBytes> text_{};
};

// "Shop\Cart->total", "strlen", "{main}"; escaped.
std::string function_name(const Backtrace& trace, const Backtrace::Frame& frame);
// {main}, {include} or {eval}.
bool is_code_outside_functions(const Backtrace& trace, const Backtrace::Frame& frame);
// "/srv/a.php:12 Shop\Cart->total()", or "[internal] strlen()"; escaped.
std::string frame_text(const Backtrace& trace, const Backtrace::Frame& frame);
// "#0 [internal] sleep()", "#1 /srv/a.php:3 {main}"; one for each frame.
std::vector<std::string> frame_lines(const Backtrace& trace);
// The same in one text, for the log.
std::string joined_frames(const Backtrace& trace);

}  // namespace tusk::exec::observation

#include "php/rewind/memory_map.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

namespace {

// Takes a hexadecimal number off the front.
std::uintptr_t take_number(std::string_view& text) noexcept {
  std::uintptr_t number = 0;
  while (!text.empty()) {
    const char digit = text.front();
    if (digit >= '0' && digit <= '9') {
      number = number << 4U | static_cast<std::uintptr_t>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
      number = number << 4U | static_cast<std::uintptr_t>(digit - 'a' + 10);
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  return number;
}

std::string_view take_word(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// A line that describes a mapping begins with its address, the others with a capital letter.
bool is_head(std::string_view line) noexcept {
  return !line.empty() && (line[0] < 'A' || line[0] > 'Z');
}

// "7f1c2a000000-7f1c2a021000 rw-p 00000000 00:00 0      [heap]"
Mapping parse_head(std::string_view line) noexcept {
  Mapping mapping;
  mapping.range.begin = take_number(line);
  if (!line.empty()) line.remove_prefix(1);
  mapping.range.end = take_number(line);
  const std::string_view flags = take_word(line);
  if (flags.size() < 4) return mapping;
  if (flags[0] == 'r') mapping.protection |= PROT_READ;
  if (flags[1] == 'w') mapping.protection |= PROT_WRITE;
  if (flags[2] == 'x') mapping.protection |= PROT_EXEC;
  mapping.shared = flags[3] != 'p';
  take_word(line);  // the offset
  take_word(line);  // the device
  mapping.file = take_word(line) != "0";
  mapping.stack = take_word(line) == "[stack]";
  return mapping;
}

// "VmFlags: rd wr mr mw me ac sd"
void parse_flags(std::string_view line, Mapping& mapping) noexcept {
  while (!line.empty()) {
    const std::string_view flag = take_word(line);
    if (flag == "wf" || flag == "dp") mapping.wiped = true;
    if (flag == "ht") mapping.huge = true;
    if (flag == "io" || flag == "pf") mapping.device = true;
  }
}

}  // namespace

bool Mapping::is_private_writable() const noexcept {
  return !shared && (protection & PROT_WRITE) != 0;
}

MemoryMap::MemoryMap(int fd, std::span<char> buffer) noexcept : fd_(fd), buffer_(buffer) {
  failed_ = raw_call(SYS_lseek, fd, 0, SEEK_SET) != 0;
}

void MemoryMap::fill() noexcept {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const long got = raw_call(SYS_read, fd_, buffer_.data() + end_, buffer_.size() - end_);
  if (got < 0 || end_ == buffer_.size()) failed_ = true;
  if (got <= 0) {
    at_end_ = true;
  } else {
    end_ += static_cast<std::size_t>(got);
  }
}

bool MemoryMap::line(std::string_view& text) noexcept {
  for (;;) {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const std::size_t length = rest.find('\n');
    if (length != std::string_view::npos) {
      text = rest.substr(0, length);
      begin_ += length + 1;
      return true;
    }
    if (at_end_ || failed_) return false;
    fill();
  }
}

bool MemoryMap::next(Mapping& mapping) noexcept {
  std::string_view text;
  while (line(text)) {
    if (is_head(text)) {
      mapping = pending_;
      pending_ = parse_head(text);
      if (std::exchange(has_pending_, true)) return true;
    } else if (text.starts_with("VmFlags:")) {
      parse_flags(text, pending_);
    }
  }
  mapping = pending_;
  return std::exchange(has_pending_, false) && !failed_;
}

}  // namespace tusk::php::rewind

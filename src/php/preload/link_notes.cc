#include "php/preload/link_notes.h"

#include <array>
#include <cstddef>
#include <cstring>

#include <sys/mman.h>

namespace tusk::php::preload {

namespace {

constexpr char kClass = 'c';
constexpr char kFile = 'f';

}  // namespace

// A line for each note: its kind, the name, a tab, the reason. The bytes of a line count when it is
// complete.
struct LinkNotes::Text {
  std::size_t bytes;
  std::array<char, std::size_t{512} << 10> lines;
};

LinkNotes::LinkNotes() {
  void* const memory =
      ::mmap(nullptr, sizeof(Text), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) text_ = static_cast<Text*>(memory);
}

LinkNotes::~LinkNotes() {
  if (text_ != nullptr) ::munmap(text_, sizeof(Text));
}

std::string_view LinkNotes::text() const noexcept {
  return text_ == nullptr ? std::string_view()
                          : std::string_view(text_->lines.data(), text_->bytes);
}

void LinkNotes::add(char kind, std::string_view name, std::string_view reason) noexcept {
  if (text_ == nullptr) return;
  const std::string_view first_line = reason.substr(0, reason.find('\n'));
  if (name.size() + first_line.size() + 3 > text_->lines.size() - text_->bytes) return;
  std::size_t end = text_->bytes;
  for (const std::string_view part : {std::string_view(&kind, 1), name, std::string_view("\t"),
                                      first_line, std::string_view("\n")}) {
    std::memcpy(text_->lines.data() + end, part.data(), part.size());
    end += part.size();
  }
  text_->bytes = end;
}

void LinkNotes::add_class(std::string_view name, std::string_view reason) noexcept {
  add(kClass, name, reason);
}

void LinkNotes::add_file(std::string_view path, std::string_view reason) noexcept {
  // PHP tries again as long as it can link any other class.
  for (std::string_view rest = text(); !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    if (rest.front() == kFile && rest.substr(1).starts_with(path) &&
        rest.substr(1 + path.size()).starts_with('\t'))
      return;
  }
  add(kFile, path, reason);
}

std::vector<LinkNotes::Note> LinkNotes::notes(char kind) const {
  std::vector<Note> found;
  for (std::string_view rest = text(); !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    if (rest.front() != kind) continue;
    const std::string_view line = rest.substr(1, rest.find('\n') - 1);
    const std::size_t tab = line.find('\t');
    found.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
  }
  return found;
}

std::vector<LinkNotes::Note> LinkNotes::classes() const { return notes(kClass); }
std::vector<LinkNotes::Note> LinkNotes::files() const { return notes(kFile); }

}  // namespace tusk::php::preload

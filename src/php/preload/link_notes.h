// What a start of PHP could not link, noted in memory that a forked process shares: it is known
// even if PHP ends or crashes after it has found it.
//
// Owner: AutomaticPreload. Thread: main, of the process that starts PHP and of the one that reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tusk::php::preload {

class LinkNotes {
 public:
  struct Note {
    std::string name;  // of a class, or the path of a file
    std::string reason;
  };

  // Without memory nothing is noted.
  LinkNotes();
  ~LinkNotes();
  LinkNotes(const LinkNotes&) = delete;
  LinkNotes& operator=(const LinkNotes&) = delete;

  // Only the first line of a reason is kept. What has no room is not noted.
  //
  // A class that was not preloaded although its file was compiled.
  void add_class(std::string_view name, std::string_view reason) noexcept;
  // A file with a class that could not be linked at the first attempt. There may be others.
  void add_file(std::string_view path, std::string_view reason) noexcept;

  std::vector<Note> classes() const;
  std::vector<Note> files() const;

 private:
  struct Text;

  std::string_view text() const noexcept;
  void add(char kind, std::string_view name, std::string_view reason) noexcept;
  std::vector<Note> notes(char kind) const;

  Text* text_ = nullptr;
};

}  // namespace tusk::php::preload

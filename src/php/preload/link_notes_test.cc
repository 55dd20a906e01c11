#include "php/preload/link_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::php::preload {

namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

auto note_of(const std::string& name, const std::string& reason) {
  return ::testing::AllOf(Field(&LinkNotes::Note::name, name),
                          Field(&LinkNotes::Note::reason, reason));
}

TEST(LinkNotes, KnowsWhatAProcessHasNotedThatCrashed) {
  LinkNotes notes;
  const pid_t child = ::fork();
  if (child == 0) {
    notes.add_file("/srv/User.php", "the first line\nand the second");
    notes.add_class("App\\User", "Unknown parent");
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_THAT(notes.classes(), ElementsAre(note_of("App\\User", "Unknown parent")));
  EXPECT_THAT(notes.files(), ElementsAre(note_of("/srv/User.php", "the first line")));
}

TEST(LinkNotes, NotesAFileOnce) {
  LinkNotes notes;
  notes.add_file("/srv/a.php", "one");
  notes.add_file("/srv/a.php5", "two");
  notes.add_file("/srv/a.php", "three");
  EXPECT_THAT(notes.files(),
              ElementsAre(note_of("/srv/a.php", "one"), note_of("/srv/a.php5", "two")));
  EXPECT_THAT(notes.classes(), IsEmpty());
}

TEST(LinkNotes, LeavesOutWhatHasNoRoom) {
  LinkNotes notes;
  notes.add_class("Large", std::string(std::size_t{1} << 20, 'x'));
  notes.add_class("Small", "a reason");
  EXPECT_THAT(notes.classes(), ElementsAre(note_of("Small", "a reason")));
}

}  // namespace

}  // namespace tusk::php::preload

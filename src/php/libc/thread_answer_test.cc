#include "php/libc/thread_answer.h"

#include <cstring>
#include <thread>

#include <gtest/gtest.h>

namespace tusk::php::libc {
namespace {

struct Entry {
  const char* text = nullptr;
};

// A function with _r whose answer needs `needed` bytes.
auto answer_of(std::size_t needed, char letter = 'x') {
  return [=](Entry* entry, char* buffer, std::size_t size, Entry** result) {
    if (size < needed) return ERANGE;
    std::memset(buffer, letter, needed - 1);
    buffer[needed - 1] = '\0';
    entry->text = buffer;
    *result = entry;
    return 0;
  };
}

TEST(ThreadAnswer, TheBufferGrowsUntilTheAnswerFits) {
  for (const std::size_t needed : {std::size_t{10}, std::size_t{100'000}, std::size_t{500'000}}) {
    const Entry* const entry = answer_of_thread<Entry>(answer_of(needed));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(std::strlen(entry->text), needed - 1);
  }
}

TEST(ThreadAnswer, AnAnswerThatNeverFitsIsAnError) {
  errno = 0;
  EXPECT_EQ(answer_of_thread<Entry>(answer_of(std::size_t{1} << 30)), nullptr);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(ThreadAnswer, OtherErrorsAreErrnoAndNotFoundIsNone) {
  const auto fail = [](Entry*, char*, std::size_t, Entry**) { return EIO; };
  errno = 0;
  EXPECT_EQ(answer_of_thread<Entry>(fail), nullptr);
  EXPECT_EQ(errno, EIO);
  errno = 0;
  const auto find_nothing = [](Entry*, char*, std::size_t, Entry**) { return 0; };
  EXPECT_EQ(answer_of_thread<Entry>(find_nothing), nullptr);
  EXPECT_EQ(errno, 0);
}

TEST(ThreadAnswer, AnotherThreadDoesNotOverwriteIt) {
  const Entry* const mine = answer_of_thread<Entry>(answer_of(10, 'a'));
  std::thread([] {
    const Entry* const other = answer_of_thread<Entry>(answer_of(10, 'b'));
    EXPECT_STREQ(other->text, "bbbbbbbbb");
  }).join();
  EXPECT_STREQ(mine->text, "aaaaaaaaa");
}

}  // namespace
}  // namespace tusk::php::libc

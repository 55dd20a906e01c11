#include "php/libc/thread_locale.h"

#include <cstdlib>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <langinfo.h>

namespace tusk::php::libc {
namespace {

std::string text(const char* name) { return name == nullptr ? "(null)" : name; }

class ThreadLocaleTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"LC_ALL", "LC_TIME", "LANG"}) ::unsetenv(name);
  }
  ThreadLocale locale_;
};

TEST_F(ThreadLocaleTest, IsTheProcesssUntilSomethingIsSet) {
  EXPECT_EQ(text(locale_.set(LC_ALL, nullptr)), "C");
  EXPECT_EQ(text(locale_.set(LC_TIME, nullptr)), "C");
  EXPECT_FALSE(locale_.is_set());
}

TEST_F(ThreadLocaleTest, OneCategoryMakesACombinedName) {
  EXPECT_EQ(text(locale_.set(LC_CTYPE, "C.UTF-8")), "C.UTF-8");
  EXPECT_EQ(text(locale_.set(LC_CTYPE, nullptr)), "C.UTF-8");
  EXPECT_STREQ(nl_langinfo(CODESET), "UTF-8");
  const std::string combined = text(locale_.set(LC_ALL, nullptr));
  EXPECT_EQ(combined,
            "LC_CTYPE=C.UTF-8;LC_NUMERIC=C;LC_TIME=C;LC_COLLATE=C;LC_MONETARY=C;LC_MESSAGES=C;"
            "LC_PAPER=C;LC_NAME=C;LC_ADDRESS=C;LC_TELEPHONE=C;LC_MEASUREMENT=C;"
            "LC_IDENTIFICATION=C");
  EXPECT_EQ(text(locale_.set(LC_ALL, "POSIX")), "C");
  EXPECT_STREQ(nl_langinfo(CODESET), "ANSI_X3.4-1968");
  EXPECT_EQ(text(locale_.set(LC_ALL, combined.c_str())), combined);
  EXPECT_STREQ(nl_langinfo(CODESET), "UTF-8");
}

TEST_F(ThreadLocaleTest, NamesAreThoseThatLibcWouldReturn) {
  for (const char* name : {"C", "POSIX", "C.UTF-8", "C.utf8", "", "xx_XX", "../C", "C;C",
                           "LC_CTYPE=C;LC_TIME=C", "C.UTF-8/C"}) {
    for (const int category : {LC_ALL, LC_CTYPE, LC_TIME, LC_IDENTIFICATION}) {
      const std::string expected = text(::setlocale(category, name));
      const std::string all = text(::setlocale(LC_ALL, nullptr));
      ::setlocale(LC_ALL, "C");
      ThreadLocale fresh;
      EXPECT_EQ(text(fresh.set(category, name)), expected) << category << " " << name;
      EXPECT_EQ(text(fresh.set(LC_ALL, nullptr)), all) << category << " " << name;
    }
  }
  EXPECT_EQ(locale_.set(99, "C"), nullptr);
  EXPECT_EQ(locale_.set(-1, nullptr), nullptr);
}

TEST_F(ThreadLocaleTest, WhatDoesNotExistChangesNothing) {
  locale_.set(LC_ALL, "C.UTF-8");
  EXPECT_EQ(locale_.set(LC_ALL, "xx_XX.UTF-8"), nullptr);
  EXPECT_EQ(text(locale_.set(LC_ALL, nullptr)), "C.UTF-8");
  EXPECT_STREQ(nl_langinfo(CODESET), "UTF-8");
}

TEST_F(ThreadLocaleTest, TheEnvironmentIsAsked) {
  ::setenv("LANG", "C.UTF-8", 1);
  ::setenv("LC_TIME", "POSIX", 1);
  EXPECT_EQ(text(locale_.set(LC_CTYPE, "")), "C.UTF-8");
  EXPECT_EQ(text(locale_.set(LC_TIME, "")), "C");
  ::setenv("LC_ALL", "C.utf8", 1);
  EXPECT_EQ(text(locale_.set(LC_TIME, "")), "C.utf8");
}

TEST_F(ThreadLocaleTest, OtherThreadsKeepTheirs) {
  locale_.set(LC_ALL, "C.UTF-8");
  std::string other;
  std::thread([&other] { other = nl_langinfo(CODESET); }).join();
  EXPECT_EQ(other, "ANSI_X3.4-1968");
  locale_.reset();
  EXPECT_STREQ(nl_langinfo(CODESET), "ANSI_X3.4-1968");
}

TEST_F(ThreadLocaleTest, ManyDifferentOnesAreNotAllKept) {
  for (int round = 0; round < 3; ++round) {
    for (int mask = 0; mask < 32; ++mask) {
      locale_.set(LC_ALL, "C");
      for (int category = 0; category < 5; ++category) {
        if ((mask >> category & 1) == 0) continue;
        ASSERT_EQ(text(locale_.set(category, "C.UTF-8")), "C.UTF-8");
      }
      ASSERT_STREQ(nl_langinfo(CODESET), (mask & 1) != 0 ? "UTF-8" : "ANSI_X3.4-1968");
    }
    locale_.reset();
  }
}

TEST_F(ThreadLocaleTest, TheProcessCanHaveIt) {
  locale_.set(LC_CTYPE, "C.UTF-8");
  locale_.apply_to_process();
  EXPECT_FALSE(locale_.is_set());
  EXPECT_EQ(text(::setlocale(LC_CTYPE, nullptr)), "C.UTF-8");
  ::setlocale(LC_ALL, "C");
}

TEST_F(ThreadLocaleTest, GoesBackToWhatWasKept) {
  locale_.keep();
  locale_.set(LC_CTYPE, "C.UTF-8");
  locale_.put_back();
  EXPECT_FALSE(locale_.is_set());
  EXPECT_STREQ(nl_langinfo(CODESET), "ANSI_X3.4-1968");
  locale_.set(LC_CTYPE, "C.UTF-8");
  locale_.keep();
  for (int mask = 0; mask < 32; ++mask) {  // more than are known at a time
    locale_.set(LC_ALL, "C");
    for (int category = 0; category < 5; ++category) {
      if ((mask >> category & 1) != 0) locale_.set(category, "C.UTF-8");
    }
  }
  locale_.set(LC_ALL, "C");
  locale_.put_back();
  EXPECT_EQ(text(locale_.set(LC_CTYPE, nullptr)), "C.UTF-8");
  EXPECT_EQ(text(locale_.set(LC_NUMERIC, nullptr)), "C");
  EXPECT_STREQ(nl_langinfo(CODESET), "UTF-8");
}

}  // namespace
}  // namespace tusk::php::libc

#include "php/libc/environment_overlay.h"

#include <gtest/gtest.h>

namespace tusk::php::libc {
namespace {

std::vector<std::string> list(char** environment) {
  std::vector<std::string> texts;
  for (; *environment != nullptr; ++environment) texts.emplace_back(*environment);
  return texts;
}

class OverlayTest : public testing::Test {
 protected:
  std::string path_ = "PATH=/bin";
  std::string path_like_ = "PATHOLOGY=1";
  std::string odd_ = "without";
  char* process_[4] = {path_.data(), path_like_.data(), odd_.data(), nullptr};
  EnvironmentOverlay overlay_;
};

TEST_F(OverlayTest, KnowsNothingUntilSomethingChanges) {
  EXPECT_TRUE(overlay_.empty());
  EXPECT_FALSE(overlay_.find("PATH").known);
  EXPECT_EQ(list(overlay_.merge(process_)),
            (std::vector<std::string>{"PATH=/bin", "PATHOLOGY=1", "without"}));
}

TEST_F(OverlayTest, WhatIsSetStandsInFrontOfTheProcess) {
  overlay_.set("PATH", "/other");
  overlay_.set("NEW", "");
  EXPECT_STREQ(overlay_.find("PATH").value, "/other");
  EXPECT_STREQ(overlay_.find("NEW").value, "");
  EXPECT_FALSE(overlay_.find("PAT").known);
  EXPECT_EQ(list(overlay_.merge(process_)),
            (std::vector<std::string>{"PATHOLOGY=1", "without", "PATH=/other", "NEW="}));
  overlay_.set("PATH", "/third");
  EXPECT_STREQ(overlay_.find("PATH").value, "/third");
}

TEST_F(OverlayTest, WhatIsUnsetIsKnownToBeGone) {
  overlay_.unset("PATH");
  EXPECT_TRUE(overlay_.find("PATH").known);
  EXPECT_EQ(overlay_.find("PATH").value, nullptr);
  EXPECT_EQ(list(overlay_.merge(process_)), (std::vector<std::string>{"PATHOLOGY=1", "without"}));
  overlay_.set("PATH", "/again");
  overlay_.unset("PATH");
  EXPECT_EQ(overlay_.find("PATH").value, nullptr);
}

TEST_F(OverlayTest, HoldsNoMoreThanItMay) {
  const std::string big(1000, 'x');
  EXPECT_TRUE(overlay_.set("A", big, 3000));
  EXPECT_TRUE(overlay_.set("B", big, 3000));
  EXPECT_FALSE(overlay_.set("C", big, 3000));
  EXPECT_FALSE(overlay_.find("C").known);
  EXPECT_FALSE(overlay_.set("A", big + big, 3000));
  EXPECT_EQ(overlay_.find("A").value, big);  // unchanged
  EXPECT_TRUE(overlay_.set("A", "", 3000));
  EXPECT_TRUE(overlay_.set("C", big, 3000));
  overlay_.forget("C");
  EXPECT_FALSE(overlay_.find("C").known);
  EXPECT_TRUE(overlay_.set("C", big, 3000));
  overlay_.clear();
  int many = 0;  // small variables count too
  while (overlay_.set("N" + std::to_string(many), "", 100'000)) ++many;
  EXPECT_GT(many, 300);
  EXPECT_LT(many, 1000);
}

TEST_F(OverlayTest, PointersStayGoodWhileOthersChange) {
  overlay_.set("A", "first");
  const char* const value = overlay_.find("A").value;
  for (int i = 0; i < 100; ++i) overlay_.set("B" + std::to_string(i), "x");
  EXPECT_STREQ(value, "first");
  overlay_.clear();
  EXPECT_TRUE(overlay_.empty());
  EXPECT_FALSE(overlay_.find("A").known);
}

TEST_F(OverlayTest, GoesBackToWhatWasKept) {
  overlay_.set("A", "kept");
  overlay_.set("B", "kept");
  overlay_.unset("PATH");
  overlay_.keep();
  const char* const untouched = overlay_.find("B").value;
  overlay_.set("A", "changed");
  overlay_.set("NEW", "x");
  overlay_.set("PATH", "/other");
  overlay_.put_back();
  EXPECT_STREQ(overlay_.find("A").value, "kept");
  EXPECT_EQ(overlay_.find("B").value, untouched) << "a library may have kept the pointer";
  EXPECT_FALSE(overlay_.find("NEW").known);
  EXPECT_TRUE(overlay_.find("PATH").known);
  EXPECT_EQ(overlay_.find("PATH").value, nullptr);
  overlay_.forget("B");
  overlay_.put_back();
  EXPECT_STREQ(overlay_.find("B").value, "kept");
  overlay_.clear();
  overlay_.put_back();
  EXPECT_TRUE(overlay_.empty());
}

}  // namespace
}  // namespace tusk::php::libc

#include "app/engine/extension_review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(ExtensionReviewTest, NamesThoseThatAreKnown) {
  EXPECT_THAT(unsafe_under_threads({"Core", "IMAP", "json", "newrelic"}),
              ElementsAre(StartsWith("extension imap is known not to be safe under threads: its "),
                          HasSubstr("newrelic")));
}

TEST(ExtensionReviewTest, SaysWhatToDo) {
  EXPECT_THAT(unsafe_under_threads({"grpc"}), ElementsAre(HasSubstr("engine = \"processes\"")));
}

TEST(ExtensionReviewTest, IsSilentAboutOthers) {
  EXPECT_THAT(unsafe_under_threads({"Core", "apcu", "imagick", "redis", "ima", ""}), IsEmpty());
  EXPECT_THAT(unsafe_under_threads({}), IsEmpty());
}

}  // namespace
}  // namespace tusk::app

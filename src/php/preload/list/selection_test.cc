#include "php/preload/list/selection.h"

#include <gtest/gtest.h>

namespace tusk::php::preload {
namespace {

class SelectionTest : public testing::Test {
 protected:
  void add(const std::string& path, FileFacts facts, std::uint64_t hits = 1000) {
    list_.files[path] = {.hits = hits};
    facts_[path] = std::move(facts);
  }
  // Empty: it is preloaded.
  std::string reason(const std::string& path) {
    choose(list_, facts_, refused_);
    const ListedFile& file = list_.files.at(path);
    EXPECT_EQ(file.reason.empty(), file.state == FileState::kPreloaded);
    return file.reason;
  }

  PreloadList list_{.base = {}, .samples = 1000, .files = {}};
  Facts facts_;
  Reasons refused_;
};

TEST_F(SelectionTest, TakesWhatOnlyDeclares) {
  add("/a.php", {.obstacle = "", .names = {"App\\A"}, .needs = {}});
  EXPECT_EQ(reason("/a.php"), "");
  EXPECT_EQ(list_.files["/a.php"].names, std::vector<std::string>{"App\\A"});
}

TEST_F(SelectionTest, LeavesOutWhatHasAnObstacleOrNoNames) {
  add("/a.php", {.obstacle = "it has code", .names = {"A"}, .needs = {}});
  add("/b.php", {});
  list_.files["/c.php"] = {.hits = 1000};
  EXPECT_EQ(reason("/a.php"), "it has code");
  EXPECT_EQ(reason("/b.php"), "it declares no class and no function");
  EXPECT_EQ(reason("/c.php"), "it was not looked at");
}

TEST_F(SelectionTest, LeavesOutWhatFewRequestsUse) {
  add("/a.php", {.obstacle = "", .names = {"A"}, .needs = {}}, 9);
  add("/b.php", {.obstacle = "", .names = {"B"}, .needs = {}}, 10);
  EXPECT_EQ(reason("/a.php"), "requests seldom use it");
  EXPECT_EQ(reason("/b.php"), "");
}

TEST_F(SelectionTest, LeavesOutScriptsOfRequests) {
  add("/a.php", {.obstacle = "", .names = {"A"}, .needs = {}});
  list_.files["/a.php"].is_entry = true;
  EXPECT_EQ(reason("/a.php"), "a request's own script");
}

// Which of the two a request loads is the application's choice, even if one is seldom used, or is a
// request's own script.
TEST_F(SelectionTest, LeavesOutNamesThatTwoFilesDeclare) {
  add("/a.php", {.obstacle = "", .names = {"Twin"}, .needs = {}});
  add("/b.php", {.obstacle = "", .names = {"TWIN", "B"}, .needs = {}}, 1);
  add("/c.php", {.obstacle = "", .names = {"twin()"}, .needs = {}});
  EXPECT_EQ(reason("/a.php"), "Twin is declared in /b.php, too");
  EXPECT_EQ(reason("/c.php"), "") << "a function is no class";
  facts_["/b.php"].obstacle = "it declares Twin under a condition";
  EXPECT_EQ(reason("/a.php"), "Twin is declared in /b.php, too");
}

TEST_F(SelectionTest, LeavesOutWhatNeedsOneThatIsLeftOut) {
  add("/child.php", {.obstacle = "", .names = {"Child"}, .needs = {"parent_"}});
  add("/parent.php", {.obstacle = "", .names = {"Parent_"}, .needs = {"contract"}});
  add("/contract.php", {.obstacle = "", .names = {"Contract"}, .needs = {}});
  EXPECT_EQ(reason("/child.php"), "");
  refused_["/contract.php"] = "Contract cannot be linked";
  EXPECT_EQ(reason("/contract.php"), "Contract cannot be linked");
  EXPECT_EQ(reason("/parent.php"), "it needs contract, which is not preloaded");
  EXPECT_EQ(reason("/child.php"), "it needs parent_, which is not preloaded");
}

}  // namespace
}  // namespace tusk::php::preload

#include "observe/profile/call_tree.h"

#include <gtest/gtest.h>

#include "observe/profile/merged_calls.h"
#include "observe/profile/profile.h"

namespace tusk::observe::profile {
namespace {

using NodeId = CallTree::NodeId;

TEST(CallTree, OneNodeForEachStackAndLine) {
  CallTree tree;
  const NodeId main = tree.child(0, "{main}", "/a.php", 3);
  const NodeId f = tree.child(main, "f", "/a.php", 8);
  EXPECT_EQ(tree.child(main, "f", "/a.php", 8), f);
  EXPECT_NE(tree.child(main, "f", "/a.php", 9), f);
  EXPECT_NE(tree.child(main, "f", "/b.php", 8), f);
  EXPECT_NE(tree.child(0, "f", "/a.php", 8), f);
  EXPECT_EQ(tree.frames().size(), 3U);  // a line is no other function
  EXPECT_EQ(tree.frame(tree.nodes()[f].frame), (Frame{"f", "/a.php"}));
  tree.add(f, {.wall_ns = 7, .cpu_ns = 2});
  tree.add(main, {.wall_ns = 1});
  EXPECT_EQ(tree.total().wall_ns, 8U);
  EXPECT_EQ(tree.total().cpu_ns, 2U);
  EXPECT_FALSE(tree.truncated());
}

TEST(CallTree, AFullTreeCountsAtTheCaller) {
  CallTree tree({.nodes = 3, .text_bytes = 1000});
  const NodeId main = tree.child(0, "{main}", "", 1);
  const NodeId f = tree.child(main, "f", "", 1);
  EXPECT_EQ(tree.child(f, "g", "", 1), f);
  EXPECT_EQ(tree.child(main, "f", "", 1), f);  // what is there is still found
  EXPECT_TRUE(tree.truncated());

  CallTree texts({.nodes = 1000, .text_bytes = 20});
  const NodeId first = texts.child(0, "short", "", 1);
  EXPECT_NE(first, 0U);
  EXPECT_EQ(texts.child(first, std::string(100, 'x'), "", 1), first);
  EXPECT_TRUE(texts.truncated());
}

TEST(CallTree, MergesByNames) {
  CallTree one;
  one.add(one.child(one.child(0, "{main}", "/a", 1), "f", "/a", 2), {.wall_ns = 5, .cpu_ns = 1});
  CallTree other;
  const NodeId wrapper = other.child(0, "{main}", "/z", 1);
  other.add(wrapper, {.wall_ns = 2});
  other.add(other.child(other.child(0, "{main}", "/a", 1), "f", "/a", 2), {.wall_ns = 6});
  one.merge(other);
  EXPECT_EQ(one.nodes().size(), 4U);
  EXPECT_EQ(one.nodes()[2].self.wall_ns, 11U);
  EXPECT_EQ(one.total().wall_ns, 13U);
  other.set_truncated();
  one.merge(other);
  EXPECT_TRUE(one.truncated());
}

TEST(MergedCalls, ForgetLines) {
  CallTree tree;
  const NodeId main = tree.child(0, "{main}", "/a", 1);
  tree.add(tree.child(main, "f", "/a", 2), {.wall_ns = 1});
  const NodeId later = tree.child(0, "{main}", "/a", 9);
  tree.add(tree.child(later, "f", "/a", 3), {.wall_ns = 2});
  tree.add(tree.child(later, "a", "/a", 3), {.cpu_ns = 4});
  const std::vector<MergedCall> calls = merge_lines(tree);
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[0].total.wall_ns, 3U);
  EXPECT_EQ(calls[1].total.cpu_ns, 4U);
  EXPECT_EQ(calls[1].self.wall_ns, 0U);
  ASSERT_EQ(calls[1].callees.size(), 2U);
  EXPECT_EQ(tree.frame(calls[calls[1].callees[0]].frame).name, "a");
  EXPECT_EQ(calls[calls[1].callees[1]].self.wall_ns, 3U);
}

TEST(Profile, ProcessesAreMerged) {
  Profile one;
  one.seconds = 2;
  one.samples = 10;
  one.notes = {"late"};
  Profile other;
  other.seconds = 1.5;
  other.samples = 4;
  other.ended = Ended::kByProcess;
  other.notes = {"late", "later"};
  other.tree.set_truncated();
  one.merge(other);
  EXPECT_EQ(one.seconds, 2);
  EXPECT_EQ(one.samples, 14U);
  EXPECT_EQ(one.processes, 2U);
  EXPECT_EQ(one.ended, Ended::kByProcess);
  ASSERT_EQ(notes_of(one).size(), 3U);
  EXPECT_TRUE(notes_of(one)[2].starts_with("truncated"));
  EXPECT_EQ(title_of(one), "tusk profile, 1970-01-01 00:00:00 UTC, 2.0 s, 2 processes, 14 samples");
}

}  // namespace
}  // namespace tusk::observe::profile

#include "tls/host_names.h"

#include <gtest/gtest.h>

namespace tusk::tls {
namespace {

constexpr int kRsa = 1;
constexpr int kEc = 2;
using Group = std::vector<std::size_t>;

Group chosen(const HostNames& names, std::string_view host) {
  return names.groups()[names.find(host)];
}

TEST(HostNames, TheNameComesBeforeTheWildcardAndTheFirstIsForTheRest) {
  const HostNames names({{{"a.example"}, kRsa}, {{"*.example"}, kRsa}, {{"b.example"}, kRsa}});
  EXPECT_EQ(chosen(names, "a.example"), Group{0});
  EXPECT_EQ(chosen(names, "b.example"), Group{2});
  EXPECT_EQ(chosen(names, "c.example"), Group{1});
  EXPECT_EQ(chosen(names, "elsewhere.org"), Group{0});
  EXPECT_EQ(chosen(names, ""), Group{0});
}

TEST(HostNames, AStarStandsForOneLabel) {
  const HostNames names({{{"first"}, kRsa}, {{"*.example.org"}, kRsa}});
  EXPECT_EQ(chosen(names, "www.example.org"), Group{1});
  EXPECT_EQ(chosen(names, "a.b.example.org"), Group{0});
  EXPECT_EQ(chosen(names, "example.org"), Group{0});
  EXPECT_EQ(chosen(names, "*.example.org"), Group{1}) << "as it is written in the certificate";
}

TEST(HostNames, CaseAndTheRootsDotDoNotCount) {
  const HostNames names({{{"first"}, kRsa}, {{"www.example.org"}, kRsa}});
  EXPECT_EQ(chosen(names, "WWW.Example.ORG"), Group{1});
  EXPECT_EQ(chosen(names, "www.example.org."), Group{1});
}

TEST(HostNames, KeyTypesStandSideBySide) {
  const HostNames names({{{"a.example"}, kRsa}, {{"a.example"}, kEc}, {{"a.example"}, kEc}});
  EXPECT_EQ(chosen(names, "a.example"), (Group{0, 1}));
  EXPECT_EQ(chosen(names, "unknown"), (Group{0, 1}));
}

TEST(HostNames, AWildcardGivesTheTypeThatTheNameLacks) {
  const HostNames names(
      {{{"first"}, kRsa}, {{"*.example"}, kEc}, {{"a.example"}, kRsa}, {{"*.example"}, kRsa}});
  EXPECT_EQ(chosen(names, "a.example"), (Group{2, 1}));
  EXPECT_EQ(chosen(names, "b.example"), (Group{1, 3}));
}

TEST(HostNames, ACertificateWithoutANameServesAll) {
  const HostNames names({{{}, kRsa}});
  EXPECT_EQ(chosen(names, "anything"), Group{0});
}

}  // namespace
}  // namespace tusk::tls

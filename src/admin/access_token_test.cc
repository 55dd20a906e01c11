#include "admin/access_token.h"

#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::admin {
namespace {

const std::string kToken = "0123456789abcdef";

class AccessTokenTest : public testing::Test {
 protected:
  base::Result<AccessToken> read(const std::string& content) {
    std::FILE* const file = std::fopen(path().c_str(), "w");
    std::fwrite(content.data(), 1, content.size(), file);
    std::fclose(file);
    return AccessToken::read(path());
  }
  std::string path() const { return directory_.path() + "/token"; }

 private:
  base::TestDirectory directory_;
};

TEST_F(AccessTokenTest, AdmitsTheTokenAlone) {
  const auto token = read(kToken + "\n");
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->required());
  EXPECT_TRUE(token->admits("Bearer " + kToken));
  EXPECT_TRUE(token->admits("bearer " + kToken));
  for (const std::string& other : std::vector<std::string>{
           "", kToken, "Bearer ", "Bearer " + kToken + "0", "Bearer 0123456789abcde",
           "Bearer 0123456789abcdeF", "Bearer  " + kToken, "Bearer " + kToken + kToken,
           "Basic " + kToken}) {
    EXPECT_FALSE(token->admits(other)) << other;
  }
}

TEST_F(AccessTokenTest, WithoutATokenEverybodyIsAdmitted) {
  EXPECT_FALSE(AccessToken().required());
  EXPECT_TRUE(AccessToken().admits(""));
}

TEST_F(AccessTokenTest, RefusesWhatIsNoTokenWithoutQuotingIt) {
  for (const std::string& content :
       {std::string("short"), std::string(2000, 'x'), kToken + " " + kToken, kToken + "\nmore",
        kToken + "\xff", std::string()}) {
    const auto token = read(content);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().message.starts_with("internal_token_file: " + path()));
    EXPECT_EQ(token.error().message.find("0123456789"), std::string::npos);
  }
  EXPECT_FALSE(AccessToken::read("/dev/null"));
  EXPECT_FALSE(AccessToken::read(path() + "x"));
}

TEST(AccessToken, IsThePasswordOfABrowsersUser) {
  const AccessToken token("0123456789abcdef");
  EXPECT_TRUE(token.admits("Basic OjAxMjM0NTY3ODlhYmNkZWY="));
  EXPECT_TRUE(token.admits("basic YWRtaW46MDEyMzQ1Njc4OWFiY2RlZg=="));  // admin:…
  for (const char* wrong :
       {"Basic", "Basic ", "Basic !!!!", "Basic MDEyMzQ1Njc4OWFiY2RlZg==", "Basic YWRtaW46",
        "Basic YWRtaW46MDEyMzQ1Njc4OWFiY2RlZw==", "Basic 0123456789abcdef",
        "Digest OjAxMjM0NTY3ODlhYmNkZWY="}) {
    EXPECT_FALSE(token.admits(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tusk::admin

#include "tls/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls/test_files.h"

namespace tusk::tls {
namespace {

using ::testing::HasSubstr;
using Look = CertificateStore::Look;

class TlsStoreTest : public ::testing::Test {
 protected:
  Look look() {
    problem_.clear();
    return store_->look(problem_, warnings_);
  }

  TlsTestFiles files_;
  std::unique_ptr<CertificateStore> store_;
  std::string problem_;
  std::vector<std::string> warnings_;

  void SetUp() override {
    Settings settings = tls_test_settings();
    settings.certificates.push_back(files_.make("a"));
    auto opened = CertificateStore::open(settings, warnings_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
};

TEST_F(TlsStoreTest, AChangeIsTakenUpWhenItHasSettled) {
  const auto before = store_->current();
  EXPECT_EQ(look(), Look::kUnchanged);
  files_.make("a");
  EXPECT_EQ(look(), Look::kChanging);
  EXPECT_EQ(store_->current(), before);
  EXPECT_EQ(look(), Look::kReloaded);
  EXPECT_NE(store_->current(), before);
  EXPECT_EQ(look(), Look::kUnchanged);
}

TEST_F(TlsStoreTest, APairThatDoesNotFitIsRefusedOnceAndTheOldOneStays) {
  const auto before = store_->current();
  const CertificateFiles other = files_.make("b");
  std::filesystem::copy_file(other.certificate, files_.path("a.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(look(), Look::kChanging);
  EXPECT_EQ(look(), Look::kRefused);
  EXPECT_THAT(problem_, HasSubstr("does not belong to the certificate"));
  EXPECT_EQ(look(), Look::kUnchanged);
  EXPECT_EQ(store_->current(), before);

  std::filesystem::copy_file(other.key, files_.path("a.key"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(look(), Look::kChanging);
  EXPECT_EQ(look(), Look::kReloaded);
}

TEST_F(TlsStoreTest, AFileThatVanishesIsRefused) {
  std::filesystem::remove(files_.path("a.key"));
  EXPECT_EQ(look(), Look::kChanging);
  EXPECT_EQ(look(), Look::kRefused);
  EXPECT_THAT(problem_, HasSubstr("No such file"));
}

TEST(CertificateStore, WithoutACertificateThereIsNone) {
  std::vector<std::string> warnings;
  EXPECT_FALSE(CertificateStore::open(tls_test_settings(), warnings));
}

TEST(CertificateStore, ACipherThatNobodyKnowsIsAnError) {
  Settings settings = tls_test_settings();
  settings.self_signed = true;
  settings.ciphers = "NONSENSE";
  std::vector<std::string> warnings;
  const auto opened = CertificateStore::open(settings, warnings);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("none of the TLS ciphers is known"));
}

}  // namespace
}  // namespace tusk::tls

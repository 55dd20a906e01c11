#include "tls/certificate.h"

#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls/test_files.h"

namespace tusk::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string error_of(const CertificateFiles& files) {
  std::vector<std::string> warnings;
  const auto loaded = Certificate::load(files, warnings);
  return loaded ? "no error" : loaded.error().message;
}

TEST(Certificate, IsReadWithItsKey) {
  TlsTestFiles made;
  std::vector<std::string> warnings;
  const auto loaded = Certificate::load(made.make("a"), warnings);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(loaded->names(), ElementsAre("localhost", "*.localhost"));
  EXPECT_GT(loaded->not_after(), std::time(nullptr));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(Certificate, AKeyThatDoesNotFitIsOneClearError) {
  TlsTestFiles made;
  const CertificateFiles a = made.make("a");
  const CertificateFiles b = made.make("b");
  EXPECT_EQ(error_of({a.certificate, b.key}),
            "the key in " + b.key + " does not belong to the certificate in " + a.certificate);
}

TEST(Certificate, FilesThatAreNotWhatTheyShouldBe) {
  TlsTestFiles made;
  const CertificateFiles a = made.make("a");
  EXPECT_THAT(error_of({made.path("none"), a.key}), HasSubstr("No such file or directory"));
  EXPECT_THAT(error_of({a.certificate, made.path("none")}), HasSubstr("No such file or directory"));
  EXPECT_THAT(error_of({a.key, a.key}), HasSubstr("there is no certificate in it"));
  EXPECT_THAT(error_of({a.certificate, a.certificate}), HasSubstr("there is no private key in it"));
  made.write("broken", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(error_of({made.path("broken"), a.key}), HasSubstr("cannot read certificate 1"));
  made.write("empty", "");
  EXPECT_THAT(error_of({made.path("empty"), a.key}), HasSubstr("there is no certificate in it"));
  EXPECT_THAT(error_of({made.path("."), a.key}), HasSubstr("Is a directory"));
}

TEST(Certificate, AKeyThatEverybodyCanReadIsWarnedOf) {
  TlsTestFiles made;
  const CertificateFiles files = made.make("a");
  ::chmod(files.key.c_str(), 0644);
  std::vector<std::string> warnings;
  ASSERT_TRUE(Certificate::load(files, warnings));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("can read the private key")));
}

TEST(Certificate, AStapleThatIsNoneIsRefused) {
  auto certificate = Certificate::make_self_signed();
  ASSERT_TRUE(certificate);
  std::string why;
  std::vector<std::string> warnings;
  EXPECT_FALSE(certificate->take_staple("not DER", why, warnings));
  EXPECT_EQ(why, "is not an OCSP response (DER)");
  EXPECT_EQ(certificate->staple(), nullptr);
}

}  // namespace
}  // namespace tusk::tls

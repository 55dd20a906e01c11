#include "config/trusted_header.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

TEST(TrustedHeader, IsReadInAnyCaseAndWrittenInOne) {
  for (const std::string_view name : {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
                                      "X-Forwarded-Port", "Forwarded"}) {
    EXPECT_EQ(to_string(parse_trusted_header(name).value()), name);
  }
  EXPECT_EQ(parse_trusted_header("x-forwarded-HOST"), TrustedHeader::kForwardedHost);
  EXPECT_EQ(parse_trusted_header("forwarded"), TrustedHeader::kForwarded);
}

TEST(TrustedHeader, OthersAreErrorsThatNameWhatWasMeant) {
  const std::string all =
      " is not one of X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Port, "
      "Forwarded";
  EXPECT_EQ(parse_trusted_header("X-Real-IP").error().message, "'X-Real-IP'" + all);
  EXPECT_EQ(parse_trusted_header("host").error().message,
            "'host'" + all + "; did you mean X-Forwarded-Host?");
  EXPECT_EQ(parse_trusted_header("x_forwarded_host").error().message,
            "'x_forwarded_host'" + all + "; did you mean X-Forwarded-Host?");
  EXPECT_FALSE(parse_trusted_header("").has_value());
}

}  // namespace
}  // namespace tusk::config

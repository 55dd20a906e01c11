#include "app/plan/doctor_settings.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace tusk::app::plan {
namespace {

using testing::HasSubstr;

config::Settings settings_with(const std::vector<std::string>& scripts) {
  config::Settings settings = config::default_settings();
  int number = 0;
  for (const std::string& script : scripts) {
    config::Pool pool;
    pool.name = "p" + std::to_string(++number);
    pool.script = script;
    settings.pools.push_back(std::move(pool));
  }
  return settings;
}

std::string refusal(const config::Settings& settings, const std::string& pool) {
  const auto changed = doctor_settings(settings, pool);
  return changed ? "" : changed.error().message;
}

TEST(DoctorSettings, OneWorkerOfOnePool) {
  const auto changed = doctor_settings(settings_with({"", "/srv/a.php"}), "");
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->pools.size(), 1U);
  EXPECT_EQ(changed->pools.front().name, "p2");
  EXPECT_EQ(changed->pools.front().max, 1U);
  EXPECT_TRUE(changed->resident_doctor);
}

TEST(DoctorSettings, NothingMeetsARunningServer) {
  config::Settings settings = settings_with({"/srv/a.php"});
  settings.tls_cert = {"/etc/cert.pem"};
  settings.https_redirect = config::HttpsRedirect::k308;
  settings.log_file = "/var/log/tusk.log";
  const auto changed = doctor_settings(settings, "p1");
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->listen.size(), 1U);
  EXPECT_EQ(config::to_string(changed->listen.front()), "127.0.0.1:0");
  EXPECT_FALSE(changed->internal_addr);
  EXPECT_EQ(changed->control_socket, "off");
  EXPECT_FALSE(changed->has_certificate());
  EXPECT_EQ(changed->https_redirect, config::HttpsRedirect::kOff);
  EXPECT_EQ(changed->log_file, "");
}

TEST(DoctorSettings, APoolThatRewindsAndItsPlainRequests) {
  config::Settings settings = settings_with({"/srv/a.php"});
  settings.pools.front().match = {"/a/**"};
  settings.pools.front().warm_up = {"/"};
  settings.pools.front().environment = {{"APP_ENV", "prod"}};
  const auto rewound = rewound_doctor_settings(settings, "");
  ASSERT_TRUE(rewound);
  EXPECT_EQ(rewound->engine, config::WorkerKind::kProcesses);
  EXPECT_EQ(rewound->pools.front().mode, config::ScriptMode::kRewind);
  EXPECT_EQ(rewound->pools.front().warm_up.size(), 1U);
  EXPECT_FALSE(rewound->resident_doctor);
  const auto plain = plain_doctor_settings(settings, "");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->engine, config::WorkerKind::kProcesses);
  EXPECT_EQ(plain->pools.front().script, "");
  EXPECT_EQ(plain->pools.front().match, std::vector<std::string>{"/**"});
  EXPECT_TRUE(plain->pools.front().warm_up.empty());
  EXPECT_EQ(plain->pools.front().environment.size(), 1U);
}

TEST(DoctorSettings, ThePoolMustBeKnown) {
  EXPECT_THAT(refusal(settings_with({}), ""), HasSubstr("no resident script"));
  EXPECT_THAT(refusal(settings_with({"/a", "/b"}), ""), HasSubstr("--pool: p1, p2"));
  EXPECT_THAT(refusal(settings_with({"/a"}), "q"), HasSubstr("no pool 'q'"));
  EXPECT_THAT(refusal(settings_with({""}), "p1"), HasSubstr("'p1' has no resident script"));
}

}  // namespace
}  // namespace tusk::app::plan

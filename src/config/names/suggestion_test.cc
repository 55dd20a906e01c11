#include "config/names/suggestion.h"

#include <gtest/gtest.h>

namespace tusk::config::names {
namespace {

TEST(EditDistance, CountsEachEditOnce) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("workers", "workers"), 0U);
  EXPECT_EQ(edit_distance("worker", "workers"), 1U);
  EXPECT_EQ(edit_distance("wrokers", "workers"), 1U);  // a swap is one edit
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

struct Case {
  const char* written;
  const char* answer;
};

TEST(Nearest, FindsTheFlag) {
  const auto names = names_answered_by_flag();
  for (const auto& [written, answer] : {
           Case{"--worker", "--workers"},
           Case{"--wrokers", "--workers"},
           Case{"--php-workers", "--workers"},
           Case{"--php_worker", "--workers"},
           Case{"--PHP_WORKERS", "--workers"},
           Case{"--lisen", "--listen"},
           Case{"--document-root", "--root"},
           Case{"--docroot", "--root"},
           Case{"--listen-port", "--listen"},  // and not --listen-mode
           Case{"--port", "--listen"},         // and not --https-redirect-port
           Case{"--location", ""},             // and not --accel-locations
           Case{"--version-of", ""},
           Case{"--index", "--index-file"},
           Case{"--capacity", "--queue-capacity"},
           Case{"--drain", "--drain-timeout"},
           Case{"--accesslog", "--access-log-file"},  // gunicorn's, which is a file
           Case{"--timeout", ""},                     // several
           Case{"--xyzzy", ""},
           Case{"-x", ""},
           Case{"", ""},
       })
    EXPECT_EQ(nearest(written, names).value_or(""), answer) << written;
}

TEST(Nearest, FindsTheKeyOfTheFile) {
  const auto names = names_answered_by_key();
  EXPECT_EQ(nearest("worker", names), "php_workers");
  EXPECT_EQ(nearest("workers", names), "php_workers");
  EXPECT_EQ(nearest("root", names), "document_root");
  EXPECT_EQ(nearest("listen-addr", names), "listen");
  EXPECT_EQ(nearest("config", names), std::nullopt);  // it cannot be in the file
}

TEST(Nearest, MakesTheEndOfAMessage) {
  EXPECT_EQ(did_you_mean("--worker", names_answered_by_flag()), "; did you mean --workers?");
  EXPECT_EQ(did_you_mean("--xyzzy", names_answered_by_flag()), "");
  EXPECT_EQ(did_you_mean("--workers", names_answered_by_flag()), "") << "it is what was written";
  EXPECT_EQ(option_hint("--memory-limit", names_answered_by_flag()),
            "; that is php.ini's: write -d memory_limit=VALUE");
  EXPECT_EQ(option_hint("server_name", names_answered_by_key()),
            "; one tusk serves one site, for every host name");
}

}  // namespace
}  // namespace tusk::config::names

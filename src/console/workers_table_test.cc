#include "console/workers_table.h"

#include <gtest/gtest.h>

namespace tusk::console {
namespace {

constexpr const char* kPage = R"json({"processes":[{"pid":8,"generation":2,"phase":"serving",
  "uptime_seconds":75.4,"loops":[{"connections":3},{"connections":4}],"workers":[
    {"worker":0,"state":"busy","requests":12,"last_memory_bytes":2097152,"last_fatal_error":null,
     "request":{"id":"7","method":"GET","host":"shop.example","path":"/re\u001b[31mport.php",
                "client":"192.0.2.1","script":"/srv/shop/report.php","seconds":12.34},
     "last_request":null,"backtrace":["#0 /srv/shop/re\u001b]0;x\u0007port.php(3) f()"]},
    {"worker":1,"state":"idle","requests":1,"last_memory_bytes":0,
     "last_fatal_error":"Uncaught\nError","request":null,
     "last_request":{"method":"POST","host":"a","path":"/b","client":"::1","script":"/srv/b.php"}}
  ]}]})json";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(WorkersTable, ShowsWorkersAsRows) {
  const auto lines = lines_of(workers_text(read_workers(kPage), {.columns = 140}));
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0],
            "process 8: generation 2, serving for 75 s, 1 of 2 workers busy, 7 connections");
  EXPECT_EQ(lines[3],
            "      8   0 busy       12 s       12  2.0 MiB  192.0.2.1       "
            "GET shop.example/re\\x1b[31mport.php          /srv/shop/report.php");
  EXPECT_EQ(lines[4], "        #0 /srv/shop/re\\x1b]0;x\\x07port.php(3) f()");
  EXPECT_TRUE(lines[5].contains("  ::1             (POST a/b) "));
  EXPECT_EQ(lines[6], "        last fatal error: Uncaught\\nError");
}

TEST(WorkersTable, ShowsThePoolWhereThereIsMoreThanOne) {
  const auto lines = lines_of(workers_text(read_workers(R"({"processes":[{"pid":8,"workers":[
          {"worker":0,"pool":"default","state":"idle"},
          {"worker":1,"pool":"ex\u001bport","state":"booting"}]}]})"),
                                           {.columns = 80}));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[2].starts_with("    PID  NR POOL       STATE ")) << lines[2];
  EXPECT_TRUE(lines[3].starts_with("      8   0 default    idle ")) << lines[3];
  EXPECT_TRUE(lines[4].starts_with("      8   1 ex\\x1bport booting ")) << lines[4];
}

TEST(WorkersTable, ShowsForHowLongAWorkerBoots) {
  const auto lines = lines_of(workers_text(read_workers(R"({"processes":[{"pid":8,"workers":[
          {"worker":0,"state":"booting","requests":0,"request":null,"last_request":null,
           "boot":{"script":"/srv/app.php","seconds":12.34}}]}]})"),
                                           {.columns = 140}));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[3].starts_with("      8   0 booting    12 s        0 ")) << lines[3];
  EXPECT_TRUE(lines[3].ends_with(" /srv/app.php")) << lines[3];
  EXPECT_TRUE(lines[0].contains("0 of 1 workers busy")) << lines[0];
}

TEST(WorkersTable, IsNotWiderThanTheDisplay) {
  for (const std::size_t columns : {0U, 80U, 99U, 100U, 129U, 130U, 300U}) {
    for (const std::string& line :
         lines_of(workers_text(read_workers(kPage), {.columns = columns}))) {
      if (line.contains("#0")) continue;
      EXPECT_LE(line.size(), std::max<std::size_t>(columns, 80)) << line;
    }
  }
}

TEST(WorkersTable, TakesAPageOfAnotherVersion) {
  for (const char* page :
       {"", "[]", "{", R"({"processes":7})", R"({"processes":[1,{"workers":[1,{"request":[]}]}]})",
        R"({"processes":[{"uptime_seconds":-1e300,"loops":[{"connections":1e300}],
            "workers":[{"requests":1e300,"request":{"seconds":1e300},"last_memory_bytes":1e300}]}]})"}) {
    EXPECT_TRUE(workers_text(read_workers(page), {}).contains("STATE")) << page;
  }
}

TEST(WorkersTable, WritesNumbersForPeople) {
  EXPECT_EQ(seconds_text(0.04), "0.0 s");
  EXPECT_EQ(seconds_text(119), "119 s");
  EXPECT_EQ(seconds_text(600), "10 min");
  EXPECT_EQ(seconds_text(7200), "2 h");
  EXPECT_EQ(seconds_text(864000), "10 d");
  EXPECT_EQ(bytes_text(0), "");
  EXPECT_EQ(bytes_text(64.0 * 1024 * 1024), "64 MiB");
  EXPECT_EQ(count_text(1e14), "100000000000000");
}

}  // namespace
}  // namespace tusk::console

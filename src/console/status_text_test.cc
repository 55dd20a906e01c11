#include "console/status_text.h"

#include <gtest/gtest.h>

namespace tusk::console {
namespace {

TEST(StatusText, ShowsGenerationsAndProcesses) {
  EXPECT_EQ(status_text(R"({"version":"1.2","state":"serving","pid":7,"uptime_seconds":90061,
      "listeners":[{"address":"127.0.0.1:80","internal":false},
                   {"address":"127.0.0.1:9090","internal":true}],
      "generations":[{"generation":2,"ready":true,"seconds_since_ready":3661,
                      "processes":[{"pid":8,"phase":"serving","requests":1234,
                                     "workers":{"busy":2,"idle":6,"other":0}},
                                    {"pid":18,"phase":"serving","requests":5,
                                     "workers":{"busy":0,"idle":7,"other":1}}]},
                     {"generation":3,"ready":false,
                      "processes":[{"pid":9,"phase":"starting"}]}]})"),
            "tusk 1.2: serving, pid 7, up 1 d 1 h\n"
            "serves on 127.0.0.1:80\n"
            "internal server on 127.0.0.1:9090\n"
            "generation 2, ready for 1 h 1 min\n"
            "  pid 8  serving  2 busy, 6 idle, 1234 requests\n"
            "  pid 18  serving  0 busy, 7 idle, 1 other, 5 requests\n"
            "generation 3\n"
            "  pid 9  starting\n");
}

TEST(StatusText, ShowsProcessesThatAreReplaced) {
  EXPECT_EQ(status_text(R"({"version":"1.2","state":"serving","pid":7,"uptime_seconds":61,
      "recycled":{"age":0,"lost_workers":1,"memory":12,"opcache_restarts":0},
      "generations":[{"generation":2,"processes":[
          {"pid":8,"phase":"serving","recycling":"memory"}]}]})"),
            "tusk 1.2: serving, pid 7, up 1 min 1 s\n"
            "replaced server processes: 1 lost_workers, 12 memory\n"
            "generation 2\n"
            "  pid 8  serving, to be replaced: memory\n");
}

TEST(StatusText, TakesAnAnswerOfAnotherVersion) {
  for (const char* json : {"", "[]", "{", R"({"listeners":7,"generations":[1,{"processes":{}}]})",
                           R"({"generations":[{"processes":[1,{"workers":1,"recycling":1}]}]})",
                           R"({"recycled":{"age":"x","memory":-1}})"})
    EXPECT_TRUE(status_text(json).starts_with("tusk ?: ?, pid ?, up ?\n")) << json;
}

}  // namespace
}  // namespace tusk::console

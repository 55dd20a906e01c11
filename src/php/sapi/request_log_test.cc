#include "php/sapi/request_log.h"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "observe/captured_output.h"

namespace tusk::php::sapi {
namespace {

using observe::Field;

class RequestLogTest : public testing::Test {
 protected:
  RequestLogTest() {
    job_.request_id = 42;
    job_.script_filename = job_.store("/srv/a.php");
    context_.job = &job_;
  }

  // The line that `log` writes.
  template <class Log>
  static std::string line_of(Log log) {
    const observe::CapturedOutput captured(STDERR_FILENO);
    log();
    observe::flush();
    return captured.text();
  }
  static bool has(const std::string& line, std::string_view text) {
    return line.find(text) != std::string::npos;
  }

  exec::Job job_;
  RequestContext context_;
};

TEST_F(RequestLogTest, ALineTellsTheRequestAndItsScript) {
  const std::array<Field, 1> more = {Field{"more", "x"}};
  const std::string line =
      line_of([&] { log_for_request(observe::Level::kError, "said", &context_, more); });
  EXPECT_TRUE(has(line, "said more=x request=42 request_id=")) << line;
  EXPECT_TRUE(has(line, " script=/srv/a.php")) << line;
  EXPECT_FALSE(has(line, "trace_id")) << "the request has no trace: " << line;
}

TEST_F(RequestLogTest, ALineWithoutARequestHasTheGivenFieldsOnly) {
  const std::array<Field, 1> more = {Field{"more", "x"}};
  const std::string line =
      line_of([&] { log_for_request(observe::Level::kError, "said", nullptr, more); });
  EXPECT_TRUE(line.ends_with("said more=x\n")) << line;
}

TEST_F(RequestLogTest, TheRequestsFieldsFindRoomBesideTooManyOthers) {
  const std::array<Field, 6> more = {Field{"a", 1}, Field{"b", 2}, Field{"c", 3},
                                     Field{"d", 4}, Field{"e", 5}, Field{"f", 6}};
  const std::string line =
      line_of([&] { log_for_request(observe::Level::kError, "said", &context_, more); });
  EXPECT_TRUE(has(line, "d=4 request=42")) << line;
  EXPECT_FALSE(has(line, "e=5")) << line;
  EXPECT_TRUE(has(line, " script=")) << line;
}

}  // namespace
}  // namespace tusk::php::sapi

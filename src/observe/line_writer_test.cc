#include "observe/line_writer.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "base/unique_fd.h"
#include "observe/log_file.h"

namespace tusk::observe {
namespace {

using Urgency = LineWriter::Urgency;

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

struct Pipe {
  explicit Pipe(int flags = 0) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | flags), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  // Reads until the writing end is closed.
  std::string drain() const {
    std::string all;
    char buffer[65536];
    while (true) {
      const ssize_t got = ::read(reader.get(), buffer, sizeof buffer);
      if (got <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
    }
  }
  base::UniqueFd reader;
  base::UniqueFd writer;
};

TEST(LineWriter, WritesAtOnceBeforeItIsStarted) {
  Pipe pipe;
  LineWriter writer(pipe.writer.get());
  writer.append("a line\n", Urgency::kCanWait);
  EXPECT_TRUE(writer.flush(milliseconds(0)));
  pipe.writer.reset();
  EXPECT_EQ(pipe.drain(), "a line\n");
}

TEST(LineWriter, WritesEverythingInOrder) {
  Pipe pipe;
  std::string expected;
  std::string got;
  std::jthread reading;
  {
    LineWriter writer(pipe.writer.get());
    writer.start();
    reading = std::jthread([&] { got = pipe.drain(); });
    for (int i = 0; i < 20'000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      expected += line;
      writer.append(line, i % 1000 == 0 ? Urgency::kUrgent : Urgency::kCanWait);
    }
    EXPECT_TRUE(writer.flush(seconds(20)));
    EXPECT_EQ(writer.lines_lost(), 0U);
  }
  pipe.writer.reset();
  reading.join();
  EXPECT_EQ(got, expected);
}

TEST(LineWriter, KeepsTheLinesOfManyThreadsWhole) {
  Pipe pipe;
  std::string got;
  std::jthread reading([&] { got = pipe.drain(); });
  {
    LineWriter writer(pipe.writer.get());
    writer.start();
    std::vector<std::jthread> threads;
    for (char name = 'a'; name < 'i'; ++name) {
      threads.emplace_back([&writer, name] {
        for (int i = 0; i < 500; ++i) {
          writer.append(std::string(static_cast<std::size_t>(50 + i), name) + "\n",
                        Urgency::kCanWait);
        }
      });
    }
  }
  pipe.writer.reset();
  reading.join();
  std::size_t lines = 0;
  for (std::size_t from = 0; from < got.size(); ++lines) {
    const std::size_t end = got.find('\n', from);
    ASSERT_NE(end, std::string::npos);
    const std::string line = got.substr(from, end - from);
    ASSERT_EQ(line, std::string(line.size(), line[0]));
    from = end + 1;
  }
  EXPECT_EQ(lines, 8U * 500);
}

// Atomic pieces let the lines of several processes share a pipe.
TEST(LineWriter, WritesWholeLinesInAtomicPieces) {
  Pipe pipe(O_DIRECT);  // packet mode: a read returns what one write wrote
  std::jthread writing([&] {
    LineWriter writer(pipe.writer.get());
    writer.start();
    std::string many;
    for (int i = 0; i < 500; ++i) many += "a line of some thirty-odd bytes\n";
    writer.append(many, Urgency::kUrgent);
    writer.flush(seconds(20));
    pipe.writer.reset();
  });
  char packet[2 * PIPE_BUF];
  int packets = 0;
  for (ssize_t got = 0; (got = ::read(pipe.reader.get(), packet, sizeof packet)) > 0; ++packets) {
    EXPECT_LE(got, PIPE_BUF);
    EXPECT_EQ(packet[got - 1], '\n');
  }
  EXPECT_EQ(packets, 4);  // 16,000 bytes
}

TEST(LineWriter, LosesAndCountsWhenNobodyReads) {
  Pipe pipe;
  std::atomic<std::uint64_t> reported{0};
  std::string got;
  std::uint64_t lost = 0;
  const std::string line = std::string(1023, 'x') + "\n";
  constexpr int kLines = 10'000;
  std::jthread reading;
  {
    LineWriter writer(pipe.writer.get());
    writer.start([&](std::uint64_t news) { reported += news; });
    const auto start = steady_clock::now();
    for (int i = 0; i < kLines; ++i) writer.append(line, Urgency::kCanWait);
    EXPECT_LT(steady_clock::now() - start, seconds(5));  // nobody waited
    EXPECT_FALSE(writer.flush(milliseconds(20)));
    lost = writer.lines_lost();
    EXPECT_GT(lost, 1000U);
    EXPECT_LT(lost, 8000U);
    EXPECT_EQ(reported, 0U);

    reading = std::jthread([&] { got = pipe.drain(); });
    EXPECT_TRUE(writer.flush(seconds(20)));
  }
  pipe.writer.reset();
  reading.join();
  EXPECT_EQ(got.size(), (kLines - lost) * line.size());
  EXPECT_EQ(reported, lost);
}

TEST(LineWriter, SurvivesAReaderThatIsGone) {
  Pipe pipe;
  pipe.reader.reset();
  std::atomic<int> reports{0};
  LineWriter writer(pipe.writer.get());
  writer.start([&](std::uint64_t) {
    ++reports;
    writer.append("lines were lost\n", Urgency::kUrgent);
  });
  for (int i = 0; i < 10; ++i) {
    writer.append("into the void\n", Urgency::kUrgent);
    EXPECT_TRUE(writer.flush(seconds(20)));
  }
  EXPECT_EQ(writer.lines_lost(), 10U);
  EXPECT_EQ(reports, 0);
}

TEST(LineWriter, WaitsOnANonBlockingDescriptor) {
  Pipe pipe(O_NONBLOCK);
  ::fcntl(pipe.reader.get(), F_SETFL, 0);
  const std::string line = std::string(999, 'x') + "\n";
  std::string got;
  std::jthread reading;
  {
    LineWriter writer(pipe.writer.get());
    writer.start();
    for (int i = 0; i < 1000; ++i) writer.append(line, Urgency::kCanWait);
    reading = std::jthread([&] { got = pipe.drain(); });
    EXPECT_TRUE(writer.flush(seconds(20)));
    EXPECT_EQ(writer.lines_lost(), 0U);
  }
  pipe.writer.reset();
  reading.join();
  EXPECT_EQ(got.size(), 1000 * line.size());
}

// Whoever has put a pipe in the place of the log file may never read it.
TEST(LineWriter, DropsTheRestOfALineThatIsTakenInPart) {
  const Pipe pipe(O_NONBLOCK);
  LineWriter writer(pipe.writer.get());
  writer.drop_when_full();
  writer.append(std::string(1'000'000, 'x') + "\n", Urgency::kUrgent);
  EXPECT_EQ(writer.lines_lost(), 1U);
  char taken[200'000];
  EXPECT_GT(::read(pipe.reader.get(), taken, sizeof taken), 0);
  writer.append("next\n", Urgency::kUrgent);
  const ssize_t got = ::read(pipe.reader.get(), taken, sizeof taken);
  EXPECT_EQ(std::string(taken, static_cast<std::size_t>(std::max(got, ssize_t{0}))), "\nnext\n");
}

TEST(LineWriter, FlushesInAnEmergencyWithoutWaiting) {
  Pipe pipe;
  LineWriter writer(pipe.writer.get());
  writer.start();
  // Most likely within kLinger of the append; either way the line is written once.
  writer.append("last words\n", Urgency::kCanWait);
  writer.emergency_flush();
  EXPECT_TRUE(writer.flush(seconds(20)));

  // It does not wait for a full pipe.
  ::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK);
  const std::string filling(4096, 'f');
  std::size_t filled = 0;
  for (ssize_t n = 0; (n = ::write(pipe.writer.get(), filling.data(), filling.size())) > 0;) {
    filled += static_cast<std::size_t>(n);
  }
  writer.append("never\n", Urgency::kCanWait);
  writer.emergency_flush();

  std::string start(11, '\0');
  ASSERT_EQ(::read(pipe.reader.get(), start.data(), start.size()), 11);
  EXPECT_EQ(start, "last words\n");
  // The writing thread can now write the bytes that it had taken already.
  std::string rest(filled, '\0');
  EXPECT_GT(::read(pipe.reader.get(), rest.data(), rest.size()), 0);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LineWriter, OpensItsFileAgain) {
  const base::TestDirectory directory;
  const std::string path = directory.path("log");
  std::vector<std::string> failures;
  LineWriter writer(open_log_file(path), path,
                    [&](const std::string& what) { failures.push_back(what); });
  writer.start();
  writer.append("one\n", Urgency::kCanWait);
  std::filesystem::rename(path, path + ".1");
  writer.append("two\n", Urgency::kCanWait);
  EXPECT_TRUE(writer.flush(seconds(20)));
  writer.reopen();
  writer.append("three\n", Urgency::kCanWait);
  EXPECT_TRUE(writer.flush(seconds(20)));
  // The line was appended before the thread opened the file again, or after.
  EXPECT_EQ(text_of(path + ".1") + text_of(path), "one\ntwo\nthree\n");
  EXPECT_TRUE(text_of(path + ".1").starts_with("one\ntwo\n"));

  std::filesystem::rename(path, path + ".2");
  writer.reopen();
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  while (writer.is_reopening() && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  writer.append("new\n", Urgency::kCanWait);
  EXPECT_TRUE(writer.flush(seconds(20)));
  EXPECT_EQ(text_of(path), "new\n");

  // copytruncate: the next line is at the file's beginning.
  std::filesystem::resize_file(path, 0);
  writer.append("four\n", Urgency::kCanWait);
  EXPECT_TRUE(writer.flush(seconds(20)));
  EXPECT_EQ(text_of(path), "four\n");
  EXPECT_TRUE(failures.empty());
}

TEST(LineWriter, UsesTheOldFileOnIfTheNewCannotBeOpened) {
  const base::TestDirectory directory;
  std::filesystem::create_directory(directory.path("logs"));
  const std::string path = directory.path("logs/log");
  std::vector<std::string> failures;
  LineWriter writer(open_log_file(path), path,
                    [&](const std::string& what) { failures.push_back(what); });
  std::filesystem::rename(directory.path("logs"), directory.path("moved"));
  writer.reopen();
  writer.append("still\n", Urgency::kCanWait);
  EXPECT_EQ(text_of(directory.path("moved/log")), "still\n");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0],
            "cannot open " + path +
                ": No such file or directory; the file that was open before is used on");
}

TEST(LineWriter, TellsOfAFullDiskOnce) {
  std::vector<std::string> failures;
  LineWriter writer(open_log_file("/dev/full"), "/dev/full",
                    [&](const std::string& what) { failures.push_back(what); });
  writer.start();
  for (int i = 0; i < 3; ++i) {
    writer.append("lost\n", Urgency::kUrgent);
    EXPECT_TRUE(writer.flush(seconds(20)));
  }
  EXPECT_EQ(writer.lines_lost(), 3U);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0], "cannot write /dev/full: No space left on device; lines are lost");
}

}  // namespace
}  // namespace tusk::observe

#include "observe/scoreboard/scoreboard.h"

#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observe/metrics.h"
#include "observe/scoreboard/own_place.h"
#include "observe/scoreboard/process_view.h"

namespace tusk::observe::inline scoreboard {
namespace {

constexpr Scoreboard::Size kSize{.places = 3, .workers = 4, .loops = 2};

Scoreboard make_shared() { return std::move(*Scoreboard::make_shared(kSize)); }

base::UniqueFd inherited(const Scoreboard& board) {
  return base::UniqueFd(base::duplicate(board.fd()));
}

// Does what a server process does when it begins.
std::unique_ptr<OwnPlace> begin_process(const Scoreboard& board, std::size_t place) {
  board.facts(place).pid = ::getpid();
  board.facts(place).phase = ProcessPhase::kServing;
  return OwnPlace::take({.file = inherited(board), .place = place}, {});
}

ShownRequest request_of(std::string_view path) {
  ShownRequest request;
  request.path = path;
  return request;
}

std::string scrape(Metrics& metrics, const Gauges& gauges = {}) {
  return render_prometheus(metrics.snapshot(gauges));
}

bool shows(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(Scoreboard, SumsOverProcesses) {
  const Scoreboard board = make_shared();
  Metrics one(BuildInfo{}, begin_process(board, 0));
  Metrics two(BuildInfo{}, begin_process(board, 2));
  one.add_shard().add<Metric::kConnections>(3);
  two.add_shard().add<Metric::kConnections>(4);
  board.totals().counters.reload(ReloadResult::kDone);
  two.publish({.queue_depth = 2,
               .queue_stalled_seconds = 5,
               .tls_expiry = 100,
               .workers = {0, 1, 2},
               .processes = {}});
  const std::string text = scrape(one, {.queue_depth = 1,
                                        .queue_stalled_seconds = 7,
                                        .tls_expiry = 200,
                                        .workers = {0, 0, 1},
                                        .processes = {}});
  EXPECT_TRUE(shows(text, "tusk_connections_total 7"));
  EXPECT_TRUE(shows(text, "tusk_queue_depth 3"));
  EXPECT_TRUE(shows(text, "tusk_queue_stalled_seconds 7"));
  EXPECT_TRUE(shows(text, "tusk_tls_certificate_expiry_seconds 100"));
  EXPECT_TRUE(shows(text, R"(tusk_workers{state="busy"} 3)"));
  EXPECT_TRUE(shows(text, R"(tusk_processes{phase="serving"} 2)"));
  EXPECT_TRUE(shows(text, R"(tusk_reloads_total{result="done"} 1)"));
}

TEST(Scoreboard, ShowsTheFullestOpcacheOfTheProcessesThatServe) {
  const Scoreboard board = make_shared();
  Metrics one(BuildInfo{}, begin_process(board, 0));
  Metrics two(BuildInfo{}, begin_process(board, 1));
  Gauges gauges;
  gauges.opcache.use = OpcacheUse({30, 70, 0});
  two.publish(gauges);
  gauges.opcache.use = OpcacheUse({20, 80, 0});
  const auto used = [&] { return render_prometheus(one.snapshot(gauges)); };
  EXPECT_TRUE(shows(used(), R"(tusk_opcache_memory_bytes{state="used"} 30)"));
  board.facts(1).phase = ProcessPhase::kDraining;
  EXPECT_TRUE(shows(used(), R"(tusk_opcache_memory_bytes{state="used"} 20)"));
  board.facts(0).phase = ProcessPhase::kDraining;
  EXPECT_TRUE(shows(used(), R"(tusk_opcache_memory_bytes{state="used"} 30)"));
}

TEST(Scoreboard, KeepsTheCountersOfAProcessThatHasEnded) {
  const Scoreboard board = make_shared();
  Metrics one(BuildInfo{}, begin_process(board, 0));
  {
    Metrics two(BuildInfo{}, begin_process(board, 1));
    MetricsShard& shard = two.add_shard();
    shard.add<Metric::kConnections>(4);
    shard.adjust<Metric::kActiveConnections>(1);
    two.place().add_worker(0).begin(request_of("/a"));
    two.publish(
        {.queue_depth = 2, .opcache = {.restarts = {0, 0, 3}}, .workers = {}, .processes = {}});
  }
  EXPECT_TRUE(shows(scrape(one), "tusk_active_connections 1"));
  board.clear(1);
  std::string text = scrape(one);
  EXPECT_TRUE(shows(text, "tusk_connections_total 4"));
  EXPECT_TRUE(shows(text, R"(tusk_opcache_restarts_total{reason="reset"} 3)"));
  EXPECT_TRUE(shows(text, "tusk_active_connections 0"));
  EXPECT_TRUE(shows(text, "tusk_queue_depth 0"));
  EXPECT_EQ(view_of_all(board).size(), 1U);
  EXPECT_TRUE(view_of(board, 1).workers.empty());

  Metrics successor(BuildInfo{}, begin_process(board, 1));
  successor.add_shard().add<Metric::kConnections>(1);
  successor.publish({.opcache = {.restarts = {0, 0, 1}}, .workers = {}, .processes = {}});
  text = scrape(one);
  EXPECT_TRUE(shows(text, "tusk_connections_total 5"));
  EXPECT_TRUE(shows(text, R"(tusk_opcache_restarts_total{reason="reset"} 4)"));
}

TEST(Scoreboard, ShowsWhatWorkersOfAnotherProcessDo) {
  const Scoreboard board = make_shared();
  const std::unique_ptr<OwnPlace> own = begin_process(board, 1);
  MetricsShard& shard = own->add_shard();
  own->add_loop(shard).take_turn(base::MonotonicTime(base::Duration(5)));
  shard.adjust<Metric::kActiveConnections>(2);
  WorkerSlot& slot = own->add_worker(0);
  slot.set_state(WorkerState::kIdle);
  own->add_worker(1).set_state(WorkerState::kIdle);
  slot.begin(request_of("/a"));
  const std::vector<ProcessView> all = view_of_all(board);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].place, 1U);
  EXPECT_EQ(all[0].pid, ::getpid());
  ASSERT_EQ(all[0].workers.size(), 2U);
  EXPECT_EQ(all[0].workers[0].path, "/a");
  ASSERT_EQ(all[0].loops.size(), 1U);
  EXPECT_EQ(all[0].loops[0].last_turn_ns, 5);
  EXPECT_EQ(all[0].loops[0].connections, 2U);
  EXPECT_EQ(counts_of(board, 1).busy, 1U);
  EXPECT_EQ(counts_of(board, 1).idle, 1U);
}

TEST(Scoreboard, HasRoomInItsProcessWhereThePlaceHasNone) {
  const Scoreboard board = make_shared();
  Metrics metrics(BuildInfo{}, begin_process(board, 0));
  std::set<const void*> different;
  for (int i = 0; i < 100; ++i) {
    different.insert(&metrics.place().add_worker(i));
    MetricsShard& shard = metrics.add_shard();
    different.insert(&shard);
    different.insert(&metrics.place().add_loop(shard));
    shard.add<Metric::kConnections>();
  }
  EXPECT_EQ(different.size(), 300U);
  EXPECT_TRUE(shows(scrape(metrics), "tusk_connections_total 100"));
}

TEST(Scoreboard, IsOfTheProcessAloneWithoutASupervisor) {
  const std::unique_ptr<OwnPlace> own = OwnPlace::take({}, kSize);
  own->set_phase(ProcessPhase::kServing);
  const std::vector<ProcessView> all = view_of_all(own->board());
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].pid, ::getpid());
  EXPECT_EQ(all[0].phase, ProcessPhase::kServing);
  EXPECT_EQ(own->board().fd(), -1);
}

TEST(Scoreboard, OfAnotherVersionIsNotUsed) {
  const Scoreboard board = make_shared();
  std::uint64_t layout = 0;
  ASSERT_EQ(::pread(board.fd(), &layout, sizeof layout, 8), 8);
  ++layout;
  ASSERT_EQ(::pwrite(board.fd(), &layout, sizeof layout, 8), 8);
  EXPECT_FALSE(Scoreboard::attach(inherited(board)));
  const std::unique_ptr<OwnPlace> own = begin_process(board, 0);
  own->add_shard().add<Metric::kConnections>();
  EXPECT_EQ(board.facts(0).shards, 0U);
}

TEST(Scoreboard, IsNotTakenFromAnyFile) {
  EXPECT_FALSE(Scoreboard::attach({}));
  EXPECT_FALSE(Scoreboard::attach(base::UniqueFd(::open("/dev/null", O_RDWR))));
  base::UniqueFd empty(::memfd_create("empty", MFD_CLOEXEC));
  EXPECT_FALSE(Scoreboard::attach(std::move(empty)));
  // The right head, in a file that others could make smaller.
  const Scoreboard board = make_shared();
  const std::size_t bytes = static_cast<std::size_t>(::lseek(board.fd(), 0, SEEK_END));
  std::string content(bytes, '\0');
  ASSERT_EQ(::pread(board.fd(), content.data(), bytes, 0), static_cast<ssize_t>(bytes));
  base::UniqueFd copy(::memfd_create("copy", MFD_CLOEXEC));
  ASSERT_EQ(::write(copy.get(), content.data(), bytes), static_cast<ssize_t>(bytes));
  EXPECT_FALSE(Scoreboard::attach(std::move(copy)));
}

TEST(Scoreboard, HasNoPlaceBeyondItsLast) {
  const Scoreboard board = make_shared();
  const auto own = OwnPlace::take({.file = inherited(board), .place = kSize.places}, {});
  EXPECT_EQ(own->board().size().places, 1U);
}

TEST(Scoreboard, CannotBeMadeSmaller) {
  const Scoreboard board = make_shared();
  EXPECT_NE(::ftruncate(board.fd(), 0), 0);
}

TEST(Scoreboard, DoesNotChangeByWhatAForkedChildCounts) {
  const Scoreboard board = make_shared();
  const std::unique_ptr<OwnPlace> own = begin_process(board, 0);
  MetricsShard& shard = own->add_shard();
  const pid_t child = ::fork();
  if (child == 0) {
    shard.add<Metric::kConnections>(5);
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(board.shards(0)[0].slot(slot_of(Metric::kConnections)), 0U);
}

// A server process that is out of order may write anything.
TEST(Scoreboard, IsReadWhateverIsInIt) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 30; ++round) {
    const Scoreboard board = make_shared();
    Metrics metrics(BuildInfo{}, begin_process(board, 0));
    auto* const from = reinterpret_cast<unsigned char*>(&board.totals());
    auto* const to = reinterpret_cast<unsigned char*>(board.shards(kSize.places - 1).data() +
                                                      board.shards(kSize.places - 1).size());
    for (unsigned char* byte = from; byte < to; ++byte) {
      *byte = static_cast<unsigned char>(round == 0 ? 0xff : random());
    }
    EXPECT_LE(view_of_all(board).size(), kSize.places);
    for (std::size_t place = 0; place < kSize.places; ++place) {
      const ProcessView view = view_of(board, place);
      EXPECT_LE(view.workers.size(), kSize.workers);
      EXPECT_LE(view.loops.size(), kSize.loops);
      (void)to_string(view.phase);
      (void)seconds_since(view.started_ns, 0);
      EXPECT_LE(counts_of(board, place).busy, kSize.workers);
    }
    EXPECT_FALSE(scrape(metrics).empty());
    for (std::size_t place = 0; place < kSize.places; ++place) board.clear(place);
    EXPECT_TRUE(view_of_all(board).empty());
  }
}

}  // namespace
}  // namespace tusk::observe::inline scoreboard

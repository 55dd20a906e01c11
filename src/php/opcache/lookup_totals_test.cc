#include "php/opcache/lookup_totals.h"

#include <gtest/gtest.h>

namespace tusk::php::opcache {
namespace {

struct Lookups {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  bool operator==(const Lookups&) const = default;
};

TEST(LookupTotals, AddsUpOverRestarts) {
  LookupTotals<Lookups> totals;
  Lookups opcache{.hits = 10, .misses = 3};
  const auto read = [&] { return totals.read([&] { return opcache; }); };
  EXPECT_EQ(read(), (Lookups{10, 3}));
  opcache.hits = 12;
  totals.begin_restart(opcache);
  opcache = {};
  EXPECT_EQ(read(), (Lookups{10, 3})) << "what was read last, while a restart is under way";
  totals.end_restart(opcache);
  EXPECT_EQ(read(), (Lookups{12, 3}));
  opcache = {.hits = 1, .misses = 1};
  EXPECT_EQ(read(), (Lookups{13, 4}));
}

TEST(LookupTotals, ARestartThatDidNotHappenCountsNothingTwice) {
  LookupTotals<Lookups> totals;
  const Lookups opcache{.hits = 10, .misses = 3};
  totals.begin_restart(opcache);
  totals.end_restart(opcache);
  EXPECT_EQ(totals.read([&] { return opcache; }), (Lookups{10, 3}));
}

TEST(LookupTotals, ARestartDuringAReadDoesNotCount) {
  LookupTotals<Lookups> totals;
  Lookups opcache{.hits = 10, .misses = 3};
  const Lookups seen = totals.read([&] {
    const Lookups before = opcache;
    totals.begin_restart(opcache);
    opcache = {};
    totals.end_restart(opcache);
    return before;
  });
  EXPECT_EQ(seen, Lookups());
  EXPECT_EQ(totals.read([&] { return opcache; }), (Lookups{10, 3}));
}

}  // namespace
}  // namespace tusk::php::opcache

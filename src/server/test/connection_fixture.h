// ConnectionFixture: the fixture of connections' unit tests.
//
// Owner: a test. Thread: the test's.
#pragma once

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "server/connection.h"
#include "server/handshake/handshake_queue.h"
#include "server/test/fake_router.h"
#include "server/test/services.h"

namespace tusk::server::test {

// The surroundings of a connection under test: a loop, services, a router, and the list of ended
// connections.
class ConnectionFixture : public ::testing::Test {
 protected:
  ConnectionFixture() {
    services_.handshakes = &handshakes_;
    listener_.limits.body_spool.usage = &shared_.bodies;
  }

  // The sum of all series of a metric.
  std::uint64_t value_of(observe::Metric metric) const {
    const observe::Snapshot snapshot = shared_.all_metrics.snapshot({});
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < observe::spec_of(metric).labels.series(); ++i) {
      sum += snapshot.slots[observe::slot_of(metric) + i];
    }
    return sum;
  }

  TestServices shared_;
  net::TestLoop& loop_ = shared_.loop;
  LoopServices& services_ = shared_.services;
  std::vector<Connection*>& ended_ = shared_.ended;
  handshake::HandshakeQueue handshakes_{{}};
  FakeRouter router_;
  ListenerServices listener_{.answers = shared_.site, .router = router_, .limits = {}};
};

}  // namespace tusk::server::test

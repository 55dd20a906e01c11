// The workers and their PHP, as the settings want them.
//
// Thread: main.
#pragma once

#include "config/settings.h"
#include "exec/response_store.h"
#include "exec/worker_pool.h"
#include "files/current_root.h"

namespace tusk::app {

exec::WorkerPoolSettings pool_settings(const config::Settings& settings, exec::ResponseStore* store,
                                       exec::UnsentUsage& usage);

exec::ResponseStore::Settings store_settings(const config::Settings& settings,
                                             exec::UnsentUsage& usage);

// Where a link decides which release is served, a path through that link may mean another file than
// it did: OPcache must not take it for one that it has seen.
config::Settings engine_settings(config::Settings settings, const files::CurrentRoot& root);

}  // namespace tusk::app

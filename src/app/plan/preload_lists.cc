#include "app/plan/preload_lists.h"

#include <algorithm>

#include "php/preload/list/list_place.h"

namespace tusk::app::plan {

namespace {

std::string list_of(const std::string& list, const PoolPlan& pool, const PoolPlan& first) {
  if (pool.php_host == first.php_host && pool.user == first.user) return list;
  return php::preload::other_list_file(
      list, pool.php_host + "\n" + pool.user.user + "\n" + pool.user.group);
}

}  // namespace

void divide_preload_lists(ProcessPlan& plan) {
  if (!plan.php || plan.php->preload.list_file.empty()) return;
  const std::string list = plan.php->preload.list_file;
  for (PoolPlan& pool : plan.pools) {
    const bool is_threads = pool.php_host.empty();
    const bool is_resident = !pool.scripts.resident_script.empty();
    if (!is_threads && (is_resident || !pool.chroot.empty())) continue;
    pool.preload_list = list_of(list, pool, plan.pools.front());
    // PHP of this process.
    if (is_threads) plan.php->preload.list_file = pool.preload_list;
  }
}

std::vector<std::string> preload_lists(const ProcessPlan& plan) {
  std::vector<std::string> lists;
  for (const PoolPlan& pool : plan.pools) {
    if (!pool.preload_list.empty() && std::ranges::find(lists, pool.preload_list) == lists.end())
      lists.push_back(pool.preload_list);
  }
  return lists;
}

}  // namespace tusk::app::plan

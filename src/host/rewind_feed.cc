#include "host/rewind_feed.h"

#include <utility>

#include <unistd.h>

#include "base/process/ended_children.h"
#include "host/boot_descriptors.h"
#include "host/server_signals.h"
#include "observe/crash/crash_handler.h"
#include "observe/log.h"
#include "php/path_cache.h"
#include "php/resident/heap_pages.h"
#include "php/resident/rewound_script.h"
#include "php/script_thread.h"

namespace tusk::host {

using exec::process::Wish;
using exec::process::WorkerExit;
using php::rewind::Mark;
using php::rewind::Replacement;
using php::rewind::Snapshot;
using php::rewind::Template;

RewindFeed::RewindFeed(const HostSettings& settings, BootWatch& watch, AwaitFork await_fork)
    : settings_(settings),
      watch_(watch),
      await_fork_(std::move(await_fork)),
      descriptors_(open_descriptors()) {}

void RewindFeed::begin_script(exec::Exchange& boot) {
  boot.prepare();
  boot_ = &boot;
  begin_without_request();
}

void RewindFeed::begin_without_request() {
  boot_->start(0, base::now());
  boot_->job.enqueued = boot_->started;
  watch_exchange(boot_);
}

void RewindFeed::end_script() {
  watch_exchange(nullptr);
  boot_ = nullptr;
}

bool RewindFeed::next() {
  const php::ScriptThread::Pause of_script;
  watch_exchange(nullptr);
  watch_.pause();
  channels_.take(descriptors_);
  if (std::string problem = unshareable(descriptors_, channels_); !problem.empty())
    return refuse(std::move(problem));
  files_.take(descriptors_);
  left_ = php::resident::unused_memory();
  if (!php::resident::knows_heap())
    observe::warn(
        "PHP's allocator is not one that is known here: after each request more memory "
        "is put back than was needed",
        {{"script", settings_.scripts.resident_script}});
  base::Result<Template> from = Template::take(left_);
  if (!from) return refuse("its memory cannot be put back: " + from.error().message);
  template_.emplace(std::move(*from));
  std::optional<WorkerParts> parts = await_fork_();
  if (!parts) {
    // The script's own end has a time limit, too.
    begin_without_request();
    watch_.go_on();
    return false;
  }
  become_worker(std::move(*parts));
  // PHP's allocator may have been used since the template was taken.
  left_ = php::resident::unused_memory();
  // Each request begins here.
  if (snapshot_->mark(left_) == Mark::kRefused)
    end_worker(
        worker_->fail(std::string("its memory cannot be put back: ") + snapshot_->refusal()));
  look_at_last_request();
  if (!worker_->source().next()) end_worker(WorkerExit::kAsked);
  watch_exchange(&worker_->source().exchange());
  return true;
}

bool RewindFeed::refuse(std::string why) {
  boot_error_ = std::move(why);
  begin_without_request();
  watch_.go_on();
  return false;
}

void RewindFeed::become_worker(WorkerParts parts) {
  observe::crash::adopt_crash_handler();
  base::Result<std::unique_ptr<JoinedWorker>> worker =
      JoinedWorker::join(std::move(parts), settings_);
  if (!worker) ::_exit(static_cast<int>(WorkerExit::kNoBoot));
  worker_ = std::move(*worker);
  worker_->wish_new_host_when_cache_is_reset();
  worker_->show_script();
  if (const std::string problem = files_.open_anew(); !problem.empty())
    end_worker(worker_->fail(problem));
  if (const std::string problem = channels_.open_anew(); !problem.empty())
    end_worker(worker_->fail(problem));
  base::Result<Snapshot*> snapshot = Snapshot::create(
      *template_, {.mappings = {.chunk_callers = php::resident::allocator_code()}});
  if (!snapshot) end_worker(worker_->fail(snapshot.error().message));
  snapshot_ = *snapshot;
  // The cache is put back after each request, too.
  php::PathCache paths;
  paths.look();
  worker_->source().show(paths.use());
  // A script that runs twice, because the server had it restarted, does so in a new host.
  worker_->source().serves(true);
}

// After a rewind: puts back what is not memory, and sees whether the worker should serve on.
void RewindFeed::look_at_last_request() {
  files_.put_back_positions();
  if (!channels_.empty()) return end_for("channel of the boot");
  // A child that lives on could be waited for by another request.
  if (base::process::reap_children()) return end_for("child process");
  const Replacement why = snapshot_->replacement();
  if (why == Replacement::kNone) return;
  if (why == Replacement::kHotPages) {
    worker_->control().wishes.fetch_or(static_cast<std::uint32_t>(Wish::kSuccessor));
    return;
  }
  end_for(to_string(why));
}

// A worker that the last request has left something in is replaced.
void RewindFeed::end_for(std::string_view reason) {
  observe::debug("a worker is replaced, because its last request has left something",
                 {{"worker", worker_->number()}, {"reason", reason}});
  worker_->control().wishes.fetch_or(static_cast<std::uint32_t>(Wish::kEnd));
  end_worker(WorkerExit::kBroken);
}

void RewindFeed::finish() {
  watch_exchange(nullptr);
  worker_->source().finish();
  snapshot_->rewind();
}

void RewindFeed::end_worker(WorkerExit exit) {
  observe::crash::remove_crash_handler();
  worker_->leave();
  ::_exit(static_cast<int>(exit));
}

}  // namespace tusk::host

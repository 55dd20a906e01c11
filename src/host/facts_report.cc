#include "host/facts_report.h"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process/user_change.h"
#include "base/unique_fd.h"
#include "host/settings/host_facts.h"
#include "host/settings/host_settings.h"
#include "observe/log.h"
#include "php/native_engine.h"

namespace tusk::host {

namespace {

base::Result<HostSettings> read_settings(int file) {
  struct stat info{};
  if (::fstat(file, &info) != 0) return base::fail("the server's settings cannot be read");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (::pread(file, text.data(), text.size(), 0) != info.st_size)
    return base::fail("the server's settings cannot be read");
  return decode(text);
}

int answer(int file, const HostFacts& facts) {
  const std::string text = encode_facts(facts);
  const ssize_t written = ::pwrite(file, text.data(), text.size(), 0);
  return written == static_cast<ssize_t>(text.size()) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int report_facts() {
  // Nobody else ends it if the server is killed meanwhile.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The server hands capabilities on to hosts that change to another user; this one does not.
  base::process::drop_capabilities();
  const base::UniqueFd input(kSettingsFile);
  const base::UniqueFd output(kFactsFile);
  const base::Result<HostSettings> settings = read_settings(input.get());
  if (!settings) return answer(output.get(), {.php = {}, .failure = settings.error().message});
  observe::init(settings->log);
  const base::Result<std::unique_ptr<php::NativeEngine>> engine =
      php::NativeEngine::start(settings->php);
  HostFacts facts;
  facts.php = php::collect_facts(settings->php, engine ? engine->get() : nullptr);
  if (!engine) facts.failure = engine.error().message;
  observe::flush();
  return answer(output.get(), facts);
}

}  // namespace tusk::host

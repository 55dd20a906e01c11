#include "php/resident/doctor/open_things.h"

#include <array>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "php/resident/doctor/open_transactions.h"
#include "php/script_thread.h"

namespace tusk::php::resident::doctor {

namespace {

// "/srv/export.csv", "socket:[123]", "pipe:[45]". Empty: it is closed.
std::string target_of(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

// Without the numbers of sockets and pipes, so that those of all requests are one finding.
std::string subject_of(const std::string& target) {
  if (target.starts_with('/')) return "file " + target;
  return target.substr(0, target.find(':'));
}

}  // namespace

void OpenThings::look(Findings* findings) {
  std::unordered_map<int, std::string> open;
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return;
  thread->descriptors.for_each_of_this_request([&](const descriptors::OpenedDescriptor& one) {
    std::string target = target_of(one.fd);
    if (target.empty()) return;
    const auto before = descriptors_.find(one.fd);
    if (findings != nullptr && (before == descriptors_.end() || before->second != target))
      findings->add(FindingKind::kDescriptor, subject_of(target), "", "");
    open.emplace(one.fd, std::move(target));
  });
  descriptors_ = std::move(open);
  if (findings != nullptr) look_at_transactions(*findings);
}

}  // namespace tusk::php::resident::doctor

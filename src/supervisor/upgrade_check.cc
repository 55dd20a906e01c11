#include "supervisor/upgrade_check.h"

#include <array>
#include <csignal>
#include <cstring>
#include <utility>

#include "supervisor/handover.h"

namespace tusk::supervisor {

namespace {

constexpr base::Duration kTimeout = std::chrono::seconds(10);
constexpr std::size_t kMaxReasons = 32;

}  // namespace

base::Result<std::unique_ptr<UpgradeCheck>> UpgradeCheck::start(net::Loop& loop,
                                                                const ServerProgram& program,
                                                                const std::string& handover) {
  base::Result<base::UniqueFd> file = write_handover(handover);
  if (!file) return std::unexpected(file.error());
  ServerProgram check = program;
  check.arguments.insert(check.arguments.begin() + 1, std::string(kAdoptCheck));
  const std::array<HandedDescriptor, 1> descriptors{{{file->get(), kHandoverVariable}}};
  base::Result<ServerProcess> process = ServerProcess::start(check, {}, descriptors, {});
  if (!process) return std::unexpected(process.error());
  return std::unique_ptr<UpgradeCheck>(new UpgradeCheck(loop, program.path, std::move(*process)));
}

UpgradeCheck::UpgradeCheck(net::Loop& loop, std::string path, ServerProcess process)
    : loop_(loop),
      path_(std::move(path)),
      pid_(process.pid()),
      control_(std::make_unique<ControlChannel>(loop, process.take_control())),
      deadline_(loop) {
  control_->listen(
      [this](const Received& received) {
        if (received.message == Message::kReady) able_ = true;
        if (received.message == Message::kReason && reasons_.size() < kMaxReasons)
          reasons_.emplace_back(received.text);
      },
      [] {});
  deadline_.after(kTimeout, [this] { (void)::kill(pid_, SIGKILL); });
}

UpgradeCheck::~UpgradeCheck() {
  if (pid_ > 0) (void)::kill(pid_, SIGKILL);
  control_->close();
  // Not destroyed before a call that the loop may have ready for it.
  loop_.post([channel = std::move(control_)] {});
}

std::vector<std::string> UpgradeCheck::reasons_at(const Ending& ending) {
  pid_ = 0;
  deadline_.cancel();
  control_->read_rest();
  if (able_ && !ending.by_signal() && ending.exit_status() == 0) return {};
  std::vector<std::string> reasons = std::move(reasons_);
  const std::string how = ending.by_signal()
                              ? std::string("was ended by SIG") + ::sigabbrev_np(ending.signal())
                              : "ended with status " + std::to_string(ending.exit_status());
  reasons.push_back(path_ + " cannot take the place of the running supervisor: asked whether it " +
                    "can, it " + how);
  return reasons;
}

}  // namespace tusk::supervisor

#include "host/hello.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "exec/process/host_protocol.h"

namespace tusk::host {

namespace {

using exec::process::DoorbellRinger;
using exec::process::HostBoard;
using exec::process::MessageKind;
using exec::process::Received;

constexpr off_t kMostSettings = off_t{16} * 1024 * 1024;

// Text that is too long for a message comes in a file, which is the first descriptor.
base::Result<HostSettings> read_settings(Received& hello) {
  if (!hello.text.empty()) return decode(hello.text);
  if (hello.descriptors.empty()) return base::fail("the server has sent no settings");
  const base::UniqueFd file = std::move(hello.descriptors.front());
  hello.descriptors.erase(hello.descriptors.begin());
  struct stat info{};
  if (::fstat(file.get(), &info) != 0 || info.st_size > kMostSettings)
    return base::fail("the server's settings cannot be read");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (::pread(file.get(), text.data(), text.size(), 0) != info.st_size)
    return base::fail("the server's settings cannot be read");
  return decode(text);
}

}  // namespace

base::Result<Hello> receive_hello(int socket) {
  base::Result<Received> hello = exec::process::receive(socket);
  if (!hello) return std::unexpected(hello.error());
  if (hello->message.kind != MessageKind::kHello)
    return base::fail("the server's first message is no greeting");
  base::Result<HostSettings> settings = read_settings(*hello);
  if (!settings) return std::unexpected(settings.error());
  std::vector<base::UniqueFd>& descriptors = hello->descriptors;
  if (descriptors.size() < 2) return base::fail("the server has sent no doorbells");
  base::Result<HostBoard> board = HostBoard::attach(descriptors[0].get());
  if (!board) return std::unexpected(board.error());
  const base::UniqueFd page = std::move(descriptors[1]);
  std::vector<base::UniqueFd> eventfds(std::make_move_iterator(descriptors.begin() + 2),
                                       std::make_move_iterator(descriptors.end()));
  base::Result<DoorbellRinger> doorbells = DoorbellRinger::attach(page.get(), std::move(eventfds));
  if (!doorbells) return std::unexpected(doorbells.error());
  return Hello{.settings = std::move(*settings),
               .board = std::move(*board),
               .doorbells = std::move(*doorbells)};
}

std::uint64_t peek_stack_bytes(int socket) {
  base::Result<Received> hello = exec::process::peek(socket);
  if (!hello) return 0;
  const base::Result<HostSettings> settings = read_settings(*hello);
  return settings ? settings->php.stack_bytes : 0;
}

}  // namespace tusk::host

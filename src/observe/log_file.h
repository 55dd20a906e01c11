// Opening of log files, and the recognition of the journal behind stderr.
//
// Thread: any; functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/process/identity.h"
#include "base/unique_fd.h"

namespace tusk::observe {

// Opens a file for appending; it is made if it does not exist (mode 0640). Several processes may
// write to it, and another program may cut it (logrotate's copytruncate): every write goes to the
// file's end. Never waits for the reader of a pipe. Not open: errno says why.
base::UniqueFd open_log_file(const std::string& path) noexcept;

// Where root runs tusk for another user, who cannot make files in a directory of root's such as
// /var/log: makes those of these files that are in such a directory, and gives them to the user, if
// they are root's; those that are there already not where a group may write. Elsewhere the user
// makes them. An empty path is none. Without a user, or as another user than root, it does nothing.
// It changes nothing that somebody else could have put there: a link, or a file with a second name.
void give_log_files(const base::process::UserAndGroup& to, std::span<const std::string> paths);

// A line for each log file of this process that cannot be opened now, with the reason.
std::vector<std::string> unopenable_log_files();

// Whether stderr is a stream of systemd's journal, by the variable JOURNAL_STREAM
// (systemd.exec(5)): "DEVICE:INODE". A program that was started with another stderr has the
// variable too.
bool stderr_is_journal() noexcept;

}  // namespace tusk::observe

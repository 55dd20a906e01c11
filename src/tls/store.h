// CertificateStore: the certificates in use.
//
// Owner: app::Serving; it outlives all connections. Thread: open() main; current() any; look() that
// of the CertificateWatch; files_have_changed() any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "tls/context.h"

namespace tusk::tls {

// Keeps the Context for new connections, and loads a new one when the files on disk have changed.
class CertificateStore {
 public:
  // `warnings` receives sentences about problems that do not prevent the use of the files.
  // `shared_keys` is null where no other process has the same ticket keys.
  static base::Result<std::unique_ptr<CertificateStore>> open(
      Settings settings, std::vector<std::string>& warnings,
      std::unique_ptr<SharedTicketKeys> shared_keys = nullptr);

  std::shared_ptr<const Context> current() const { return *current_.lock(); }

  // The files are others than those in use. Any thread; looks at the files.
  bool files_have_changed() const { return state_of_files() != *loaded_.lock(); }

  enum class Look {
    kUnchanged,
    kChanging,  // changed again since the last look, so it may still be being written
    kReloaded,
    kRefused,  // `problem` says why the new files are invalid; the old ones stay in use
  };
  // Checks the files; to be called about every second. A change is loaded when two looks in a row
  // have seen it.
  Look look(std::string& problem, std::vector<std::string>& warnings);

 private:
  // Identifies the version of a file. All zero: the file does not exist.
  struct FileState {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;

    bool operator==(const FileState&) const = default;
  };

  CertificateStore(Settings settings, std::unique_ptr<SharedTicketKeys> shared_keys);
  std::vector<FileState> state_of_files() const;

  Settings settings_;
  TicketKeys keys_;
  std::vector<std::string> files_;
  std::vector<FileState> tried_;  // when the files were last loaded or refused
  std::vector<FileState> seen_;   // at the last look
  mutable base::Guarded<std::vector<FileState>> loaded_;  // when those in use were loaded
  mutable base::Guarded<std::shared_ptr<const Context>> current_;
};

}  // namespace tusk::tls

// CertificateStore: the Context that new connections begin with, and what brings up a newer one
// when the files on disk have changed.
//
// Owner: the app, longer than any connection lives. Thread: open() main; current() any; look() that
// of the CertificateWatch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "tls/context.h"

namespace tusk::tls {

class CertificateStore {
 public:
  // `warnings` gets what is odd in the files and can be used all the same.
  static base::Result<std::unique_ptr<CertificateStore>> open(Settings settings,
                                                              std::vector<std::string>& warnings);

  std::shared_ptr<const Context> current() const { return *current_.lock(); }

  enum class Look {
    kUnchanged,
    kChanging,  // not the same as at the last look either: somebody may still be writing
    kReloaded,
    kRefused,  // there is something wrong in them, `problem`; those that were good stay in use
  };
  // To be called every second or so: a change is taken up when two looks have seen the same.
  Look look(std::string& problem, std::vector<std::string>& warnings);

 private:
  // What tells that a file is another one than before. All zero: there is none.
  struct FileState {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;

    bool operator==(const FileState&) const = default;
  };

  explicit CertificateStore(Settings settings);
  std::vector<FileState> state_of_files() const;

  Settings settings_;
  TicketKeys keys_;
  std::vector<std::string> files_;
  std::vector<FileState> tried_;  // when they were last loaded, or refused
  std::vector<FileState> seen_;   // at the last look
  mutable base::Guarded<std::shared_ptr<const Context>> current_;
};

}  // namespace tusk::tls

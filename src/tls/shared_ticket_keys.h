// SharedTicketKeys: the pair of ticket keys that all server processes of a supervisor share, so
// that a session that one of them began can be resumed in another, and after a crash or a reload.
//
// The supervisor makes the memory, filled with zeros, and does not look at it: the first process
// that needs a key makes it, and whichever process first sees that it is too old replaces it.
//
// Owner: TicketKeys. Thread: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/unique_fd.h"
#include "tls/ticket_key.h"

namespace tusk::tls {

// A process that is killed or stopped at any point must hold up no other:
//
// - Readers take no lock. They take a copy, and drop it if the version says that the keys were
// being
//   written meanwhile; then they go on with the copy that they have.
// - Writers exclude one another by a record lock of the memory's file (fcntl(2)), which ends with
//   its process.
class SharedTicketKeys {
 public:
  // Null: the descriptor is not open, or is no such memory.
  static std::unique_ptr<SharedTicketKeys> open(base::UniqueFd memory);
  SharedTicketKeys(const SharedTicketKeys&) = delete;
  SharedTicketKeys& operator=(const SharedTicketKeys&) = delete;
  ~SharedTicketKeys();

  // Replaces `copy` if the keys have changed since the last call.
  void read(TicketKeyPair& copy);

  // Calls `change` with the keys, which no other process changes meanwhile, and stores and copies
  // the result. False: another process has held the lock for too long, and `copy` is as read()
  // leaves it.
  bool update(TicketKeyPair& copy, const std::function<void(TicketKeyPair&)>& change);

  static constexpr std::size_t kMemoryBytes = 4096;

 private:
  struct Memory;

  SharedTicketKeys(base::UniqueFd file, Memory& memory) : file_(std::move(file)), memory_(memory) {}
  bool lock();
  void unlock();

  base::UniqueFd file_;
  Memory& memory_;
  std::uint64_t seen_ = 0;  // the version of the last copy
};

}  // namespace tusk::tls

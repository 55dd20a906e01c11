#include "tls/shared_ticket_keys.h"

#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/high_descriptor.h"

namespace tusk::tls {

namespace {

// Storing a pair takes less than a microsecond.
constexpr int kLockAttempts = 100;

constexpr std::size_t kKeyBytes = 16 + 32 + 32;
constexpr std::size_t kPairBytes = 2 * sizeof(std::uint64_t) + 2 * kKeyBytes;
constexpr std::size_t kWords = kPairBytes / sizeof(std::uint64_t);

constexpr std::uint64_t kHasCurrent = 1;
constexpr std::uint64_t kHasPrevious = 2;

// A pair as words: which keys there are, when the current one was made, the keys.
class Words {
 public:
  Words() = default;
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  ~Words() { ::OPENSSL_cleanse(words.data(), sizeof words); }

  explicit Words(const TicketKeyPair& pair) {
    words[0] = (pair.current ? kHasCurrent : 0) | (pair.previous ? kHasPrevious : 0);
    words[1] = static_cast<std::uint64_t>(pair.made.time_since_epoch().count());
    if (pair.current) put(*pair.current, 0);
    if (pair.previous) put(*pair.previous, 1);
  }

  void copy_to(TicketKeyPair& pair) const {
    pair = {};
    pair.made = base::MonotonicTime(base::Duration(static_cast<std::int64_t>(words[1])));
    if ((words[0] & kHasCurrent) != 0) take(pair.current.emplace(), 0);
    if ((words[0] & kHasPrevious) != 0) take(pair.previous.emplace(), 1);
  }

  std::array<std::uint64_t, kWords> words{};

 private:
  unsigned char* place(std::size_t index) {
    return reinterpret_cast<unsigned char*>(&words[2]) + index * kKeyBytes;
  }

  void put(const TicketKey& key, std::size_t index) {
    unsigned char* const to = place(index);
    std::memcpy(to, key.name.data(), key.name.size());
    std::memcpy(to + 16, key.cipher.data(), key.cipher.size());
    std::memcpy(to + 48, key.mac.data(), key.mac.size());
  }

  void take(TicketKey& key, std::size_t index) const {
    const unsigned char* const from = const_cast<Words*>(this)->place(index);
    std::memcpy(key.name.data(), from, key.name.size());
    std::memcpy(key.cipher.data(), from + 16, key.cipher.size());
    std::memcpy(key.mac.data(), from + 48, key.mac.size());
  }
};

// A lock of the process. The fcntl() that scripts use has locks of an open file description instead
// (php/descriptors/record_locks.h), and all processes have inherited the same description.
bool set_lock(int file, short type) {
  struct flock whole{};
  whole.l_type = type;
  whole.l_whence = SEEK_SET;
  return ::syscall(SYS_fcntl, file, F_SETLK, &whole) == 0;
}

}  // namespace

struct SharedTicketKeys::Memory {
  std::atomic<std::uint64_t> version;  // odd: the words are being written
  std::array<std::atomic<std::uint64_t>, kWords> words;

  // False: they were being written.
  bool load(Words& copy, std::uint64_t& its_version) const {
    its_version = version.load(std::memory_order_acquire);
    if (its_version % 2 != 0) return false;
    for (std::size_t i = 0; i < kWords; ++i) {
      copy.words[i] = words[i].load(std::memory_order_relaxed);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    return version.load(std::memory_order_relaxed) == its_version;
  }

  // Returns the new version.
  std::uint64_t store(const Words& pair) {
    const std::uint64_t odd = version.load(std::memory_order_relaxed) | 1U;
    version.store(odd, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < kWords; ++i) {
      words[i].store(pair.words[i], std::memory_order_relaxed);
    }
    version.store(odd + 1, std::memory_order_release);
    return odd + 1;
  }
};

std::unique_ptr<SharedTicketKeys> SharedTicketKeys::open(base::UniqueFd memory) {
  static_assert(sizeof(Memory) <= kMemoryBytes);
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  struct stat file{};
  if (!memory || ::fstat(memory.get(), &file) != 0 ||
      file.st_size < static_cast<off_t>(sizeof(Memory))) {
    return nullptr;
  }
  base::UniqueFd high = base::above_low_numbers(std::move(memory));
  void* const at = ::mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, high.get(), 0);
  if (at == MAP_FAILED) return nullptr;
  (void)::madvise(at, kMemoryBytes, MADV_DONTDUMP);
  return std::unique_ptr<SharedTicketKeys>(
      new SharedTicketKeys(std::move(high), *static_cast<Memory*>(at)));
}

SharedTicketKeys::~SharedTicketKeys() { ::munmap(&memory_, kMemoryBytes); }

void SharedTicketKeys::read(TicketKeyPair& copy) {
  if (memory_.version.load(std::memory_order_acquire) == seen_) return;
  Words words;
  std::uint64_t version = 0;
  if (!memory_.load(words, version)) return;
  words.copy_to(copy);
  seen_ = version;
}

bool SharedTicketKeys::update(TicketKeyPair& copy,
                              const std::function<void(TicketKeyPair&)>& change) {
  if (!lock()) {
    read(copy);
    return false;
  }
  Words words;
  std::uint64_t version = 0;
  // A version that is odd under the lock: the writer has died.
  const bool whole = memory_.load(words, version);
  if (whole) {
    words.copy_to(copy);
  } else {
    copy = {};
  }
  change(copy);
  seen_ = memory_.store(Words(copy));
  unlock();
  return true;
}

bool SharedTicketKeys::lock() {
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    if (set_lock(file_.get(), F_WRLCK)) return true;
    ::sched_yield();
  }
  return false;
}

void SharedTicketKeys::unlock() { (void)set_lock(file_.get(), F_UNLCK); }

}  // namespace tusk::tls

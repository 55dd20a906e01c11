#include "php/descriptors/record_locks.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "base/guarded.h"
#include "base/high_descriptor.h"
#include "base/unique_fd.h"
#include "php/descriptors/descriptor_ledger.h"
#include "php/libc/blocking_calls.h"
#include "php/libc/libc_function.h"

namespace tusk::php::descriptors::record_locks {

namespace {

constexpr off_t kEnd = std::numeric_limits<off_t>::max();

// The bytes from `first` to `last`. kEnd: however long the file gets.
struct Range {
  off_t first;
  off_t last;
};

// The descriptor that all locks of a file are on.
struct LockFile {
  base::UniqueFd descriptor;
  bool writable;  // false: it takes read locks only
};
using LockFilePtr = std::shared_ptr<const LockFile>;  // a thread may wait on a file that is let go

struct User {
  int fd;
  int access;  // O_RDONLY and so on
};

struct LockedFile {
  LockFilePtr file;
  std::vector<User> users;
  std::vector<Range> read_locks;  // only while `file` is not writable
};

using FileId = std::pair<dev_t, ino_t>;
using LockedFiles = std::map<FileId, LockedFile>;

base::Guarded<LockedFiles>& locked_files() {
  static auto& files = *new base::Guarded<LockedFiles>;
  return files;
}

// Relaxed: written once, by the only thread of a forked child.
constinit std::atomic<bool> is_child{false};

// Written before there are workers.
constexpr std::size_t kMostOfLibc = 8;
constinit std::array<int, kMostOfLibc> of_libc{};
constinit std::size_t of_libc_count = 0;

bool is_of_libc(int fd) noexcept {
  const std::span<const int> descriptors = std::span(of_libc).first(of_libc_count);
  return std::ranges::find(descriptors, fd) != descriptors.end();
}

int libc_fcntl(int fd, int command, struct flock* lock) noexcept {
  static const auto next = libc::libc_function<decltype(::fcntl)>("fcntl");
  return next(fd, command, lock);
}

struct flock lock_of(short type, const Range& range) noexcept {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = range.first;
  lock.l_len = range.last == kEnd ? 0 : range.last - range.first + 1;
  return lock;
}

int set(const LockFile& file, int command, short type, const Range& range) noexcept {
  struct flock lock = lock_of(type, range);
  return libc_fcntl(file.descriptor.get(), command, &lock);
}

// The lock descriptor has an offset of its own, so positions must be absolute. False: the positions
// are invalid, and libc should report it.
bool find_range(int fd, const struct stat& status, const struct flock& lock,
                Range& range) noexcept {
  off_t base = 0;
  if (lock.l_whence == SEEK_CUR) {
    base = ::lseek(fd, 0, SEEK_CUR);
  } else if (lock.l_whence == SEEK_END) {
    base = status.st_size;
  } else if (lock.l_whence != SEEK_SET) {
    return false;
  }
  off_t start = 0;
  if (__builtin_add_overflow(base, lock.l_start, &start) || start < 0) return false;
  if (lock.l_len < 0) {
    range = {start + lock.l_len, start - 1};
    return range.first >= 0;
  }
  range = {start, kEnd};
  return lock.l_len == 0 || !__builtin_add_overflow(start, lock.l_len - 1, &range.last);
}

void subtract(std::vector<Range>& ranges, const Range& unlocked) {
  std::vector<Range> left;
  for (const Range& range : ranges) {
    if (range.first < unlocked.first)
      left.push_back({range.first, std::min(range.last, unlocked.first - 1)});
    if (range.last > unlocked.last)
      left.push_back({std::max(range.first, unlocked.last + 1), range.last});
  }
  ranges = std::move(left);
}

// Returns a description of its own if the file can be opened again, else another descriptor of
// `user`'s. Null: no descriptor is left.
LockFilePtr open_lock_file(const User& user) {
  const std::string path = "/proc/self/fd/" + std::to_string(user.fd);
  const bool writable = user.access != O_RDONLY;
  base::UniqueFd own(::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY));
  if (!own && user.access != O_WRONLY) own.reset(base::duplicate(user.fd));
  if (!own || static_cast<std::size_t>(own.get()) >= kDescriptors) return nullptr;
  own = base::above_low_numbers(std::move(own));
  DescriptorLedger::disown(own.get());
  // In case the number's last owner was closed unseen.
  asked(own.get()).store(false, std::memory_order_relaxed);
  return std::make_shared<const LockFile>(LockFile{std::move(own), writable});
}

// A writer joins users that only read. No other process can have locked for writing what this one
// has locked for reading, so this fails only for lack of memory.
bool make_writable(LockedFile& locked, const User& user) {
  LockFilePtr wider = open_lock_file(user);
  if (wider == nullptr) return false;
  for (const Range& range : locked.read_locks) {
    if (set(*wider, F_OFD_SETLK, F_RDLCK, range) != 0) return false;
  }
  (void)set(*locked.file, F_OFD_SETLK, F_UNLCK, {0, kEnd});
  locked.file = std::move(wider);
  locked.read_locks.clear();
  return true;
}

User& add_user(LockedFile& locked, int fd) {
  const auto found = std::ranges::find(locked.users, fd, &User::fd);
  if (found != locked.users.end()) return *found;
  asked(fd).store(true, std::memory_order_relaxed);
  return locked.users.emplace_back(fd, libc_fcntl(fd, F_GETFL, nullptr) & O_ACCMODE);
}

// Unlocks at once, because a child that was just forked still has the descriptor.
void let_go(LockedFiles& files, LockedFiles::iterator at) {
  if (at->second.file != nullptr) (void)set(*at->second.file, F_OFD_SETLK, F_UNLCK, {0, kEnd});
  files.erase(at);
}

// Where a lock that `fd` asks for belongs. Null: errno says why there is none.
LockFilePtr file_for(const FileId& id, int fd, short type) {
  auto files = locked_files().lock();
  const auto at = files->try_emplace(id).first;
  LockedFile& locked = at->second;
  const User user = add_user(locked, fd);
  const bool allowed = user.access != (type == F_WRLCK ? O_RDONLY : O_WRONLY);
  if (allowed && locked.file == nullptr) locked.file = open_lock_file(user);
  const bool usable = allowed && locked.file != nullptr &&
                      (type == F_RDLCK || locked.file->writable || make_writable(locked, user));
  if (usable) return locked.file;
  if (locked.file == nullptr) files->erase(at);
  errno = allowed ? ENOLCK : EBADF;
  return nullptr;
}

// Whether a lock that was just taken is where it belongs.
bool note_lock(const FileId& id, const LockFilePtr& file, const Range& range) {
  auto files = locked_files().lock();
  const auto at = files->find(id);
  if (at == files->end() || at->second.file != file) return false;
  if (!file->writable) {
    subtract(at->second.read_locks, range);
    at->second.read_locks.push_back(range);
  }
  return true;
}

int acquire(const FileId& id, int fd, int command, struct flock& lock, const Range& range) {
  while (true) {
    const LockFilePtr file = file_for(id, fd, lock.l_type);
    if (file == nullptr) return -1;
    const bool waits = command == F_SETLKW;
    const int result =
        libc::or_timed_out(set(*file, waits ? F_OFD_SETLKW : F_OFD_SETLK, lock.l_type, range));
    // The file system or the kernel does not have them.
    if (result != 0 && errno == EINVAL) return libc_fcntl(fd, command, &lock);
    if (result != 0 || note_lock(id, file, range)) return result;
    // Another thread has closed the file meanwhile, or made its lock descriptor writable.
    (void)set(*file, F_OFD_SETLK, F_UNLCK, range);
  }
}

LockFilePtr known_file(const FileId& id, const Range* unlocked) {
  auto files = locked_files().lock();
  const auto at = files->find(id);
  if (at == files->end()) return nullptr;
  if (unlocked != nullptr) subtract(at->second.read_locks, *unlocked);
  return at->second.file;
}

int ask(const FileId& id, int fd, struct flock& lock, const Range& range) {
  const LockFilePtr file = known_file(id, nullptr);
  if (file == nullptr) return libc_fcntl(fd, F_GETLK, &lock);
  struct flock found = lock_of(lock.l_type, range);
  const int result = libc_fcntl(file->descriptor.get(), F_OFD_GETLK, &found);
  if (result != 0 && errno == EINVAL) return libc_fcntl(fd, F_GETLK, &lock);
  if (result != 0) return result;
  if (found.l_type == F_UNLCK) {
    lock.l_type = F_UNLCK;
  } else {
    lock = found;
  }
  return 0;
}

}  // namespace

int request(int fd, int command, struct flock* lock) noexcept {
  // OPcache gives the process up if it cannot wait for its lock: no time limit ends that.
  if (is_of_libc(fd)) return libc_fcntl(fd, command, lock);
  struct stat status{};
  Range range{};
  if (is_child.load(std::memory_order_relaxed) || lock == nullptr || fd < 0 ||
      static_cast<std::size_t>(fd) >= kDescriptors || ::fstat(fd, &status) != 0 ||
      !S_ISREG(status.st_mode) || !find_range(fd, status, *lock, range)) {
    return libc::or_timed_out(libc_fcntl(fd, command, lock));
  }
  const FileId id{status.st_dev, status.st_ino};
  if (command == F_GETLK) return ask(id, fd, *lock, range);
  if (lock->l_type == F_RDLCK || lock->l_type == F_WRLCK) {
    return acquire(id, fd, command, *lock, range);
  }
  const LockFilePtr file = lock->l_type == F_UNLCK ? known_file(id, &range) : nullptr;
  const int result = file == nullptr ? -1 : set(*file, F_OFD_SETLK, F_UNLCK, range);
  return result == 0 ? 0 : libc_fcntl(fd, command, lock);
}

void forget(int fd) noexcept {
  if (is_child.load(std::memory_order_relaxed)) return;
  auto files = locked_files().lock();
  asked(fd).store(false, std::memory_order_relaxed);
  for (auto at = files->begin(); at != files->end();) {
    const auto next = std::next(at);
    std::erase_if(at->second.users, [fd](const User& user) { return user.fd == fd; });
    if (at->second.users.empty()) let_go(*files, at);
    at = next;
  }
}

void leave_to_libc(std::span<const int> descriptors) noexcept {
  of_libc_count = std::min(descriptors.size(), kMostOfLibc);
  std::ranges::copy(descriptors.first(of_libc_count), of_libc.begin());
  for (const int fd : descriptors) closing(fd);
}

void enter_child() noexcept { is_child.store(true, std::memory_order_relaxed); }

}  // namespace tusk::php::descriptors::record_locks

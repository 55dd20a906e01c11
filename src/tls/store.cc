#include "tls/store.h"

#include <utility>

#include <sys/stat.h>

namespace tusk::tls {

namespace {

std::vector<std::string> files_of(const Settings& settings) {
  std::vector<std::string> files;
  for (const CertificateFiles& pair : settings.certificates) {
    files.push_back(pair.certificate);
    if (pair.key != pair.certificate) files.push_back(pair.key);
  }
  files.insert(files.end(), settings.ocsp_files.begin(), settings.ocsp_files.end());
  if (settings.client_auth != ClientAuth::kOff) files.push_back(settings.client_ca_file);
  return files;
}

}  // namespace

CertificateStore::CertificateStore(Settings settings, std::unique_ptr<SharedTicketKeys> shared_keys)
    : settings_(std::move(settings)),
      keys_(settings_.ticket_rotation, std::move(shared_keys)),
      files_(files_of(settings_)) {}

base::Result<std::unique_ptr<CertificateStore>> CertificateStore::open(
    Settings settings, std::vector<std::string>& warnings,
    std::unique_ptr<SharedTicketKeys> shared_keys) {
  std::unique_ptr<CertificateStore> store(
      new CertificateStore(std::move(settings), std::move(shared_keys)));
  // Before reading the files, so that the first look sees a change meanwhile.
  store->tried_ = store->seen_ = store->state_of_files();
  *store->loaded_.lock() = store->tried_;
  auto loaded = Context::load(store->settings_, store->keys_, warnings);
  if (!loaded) return std::unexpected(loaded.error());
  *store->current_.lock() = std::move(*loaded);
  return store;
}

CertificateStore::Look CertificateStore::look(std::string& problem,
                                              std::vector<std::string>& warnings) {
  std::vector<FileState> now = state_of_files();
  const bool settled = now == seen_;
  seen_ = now;
  if (now == tried_) return Look::kUnchanged;
  if (!settled) return Look::kChanging;
  tried_ = std::move(now);
  auto loaded = Context::load(settings_, keys_, warnings);
  if (!loaded) {
    problem = loaded.error().message;
    return Look::kRefused;
  }
  *current_.lock() = std::move(*loaded);
  *loaded_.lock() = tried_;
  return Look::kReloaded;
}

std::vector<CertificateStore::FileState> CertificateStore::state_of_files() const {
  std::vector<FileState> states;
  for (const std::string& path : files_) {
    struct stat status{};
    FileState state;
    if (::stat(path.c_str(), &status) == 0) {
      state = {.device = status.st_dev,
               .inode = status.st_ino,
               .size = status.st_size,
               .changed_ns = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
    }
    states.push_back(state);
  }
  return states;
}

}  // namespace tusk::tls

#include "app/file_settings.h"

#include <chrono>

#include "app/compression.h"
#include "base/process_user.h"

namespace tusk::app {

files::FileCache::Limits file_cache_limits(const config::Settings& settings) {
  return {.entries = settings.file_cache_entries,
          .memory_bytes = settings.file_cache_bytes,
          .descriptors = settings.file_cache_descriptors,
          .validity = settings.file_cache_validity};
}

files::LoaderSettings file_loader_settings(const config::Settings& settings) {
  const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(settings.static_cache_ttl);
  return {.memory_file_bytes = settings.file_cache_file_bytes,
          .charset = settings.static_charset == "off" ? std::string() : settings.static_charset,
          .precompressed = settings.precompressed,
          .compression = compression_policy(settings),
          .cache_control = files::CacheControl(ttl, settings.static_immutable)};
}

site::XSendfile::Settings x_sendfile_settings(const config::Settings& settings) {
  site::XSendfile::Settings x_sendfile;
  for (const std::string& location : settings.accel_locations) {
    const std::size_t equals = location.find('=');
    x_sendfile.locations.push_back(
        {.prefix = location.substr(0, equals), .directory = location.substr(equals + 1)});
  }
  x_sendfile.sendfile_roots = settings.sendfile_roots;
  x_sendfile.links = settings.follow_symlinks;
  x_sendfile.user = base::process_user();
  return x_sendfile;
}

}  // namespace tusk::app

// What the options say of files, as files/ takes it.
//
// Pure functions. Thread: any.
#pragma once

#include "config/settings.h"
#include "files/file_cache.h"
#include "site/x_sendfile.h"

namespace tusk::app {

files::FileCache::Limits file_cache_limits(const config::Settings& settings);
files::LoaderSettings file_loader_settings(const config::Settings& settings);
site::XSendfile::Settings x_sendfile_settings(const config::Settings& settings);

}  // namespace tusk::app

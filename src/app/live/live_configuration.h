// LiveConfiguration: the configuration of a process that serves. It takes over another
// configuration file, if that differs only in options that change in place.
//
// Owner: Serving. Thread: main.
#pragma once

#include <string>
#include <vector>

#include "app/live/start_files.h"
#include "app/plan/live_settings.h"
#include "base/result.h"
#include "config/effective_values.h"
#include "config/load.h"

namespace tusk::app::live {

class LiveConfiguration {
 public:
  // `loaded` is what load() has made of `sources`.
  LiveConfiguration(config::Sources sources, const config::Loaded& loaded, StartFiles files);

  // For the page /config.
  const std::string& json() const { return json_; }

  // Takes over the configuration that `file_text` makes with the flags and variables of the start.
  // Fails, with the reason, if a new process is needed for it; then nothing has changed.
  base::Result<plan::LiveSettings> change(std::string file_text);

 private:
  config::Sources sources_;
  std::vector<config::EffectiveValue> values_;
  std::string json_;
  StartFiles files_;
};

}  // namespace tusk::app::live

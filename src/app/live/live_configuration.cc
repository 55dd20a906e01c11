#include "app/live/live_configuration.h"

#include <algorithm>
#include <utility>

#include "config/output/description.h"

namespace tusk::app::live {

LiveConfiguration::LiveConfiguration(config::Sources sources, const config::Loaded& loaded,
                                     StartFiles files)
    : sources_(std::move(sources)),
      values_(config::effective_values(loaded)),
      json_(config::output::to_json(loaded)),
      files_(std::move(files)) {}

base::Result<plan::LiveSettings> LiveConfiguration::change(std::string file_text) {
  const auto changed = files_.changed();
  if (changed) return base::fail(*changed + " has changed");
  config::Sources sources = sources_;
  sources.file_text = std::move(file_text);
  const config::Loaded loaded = config::load(sources);
  // The supervisor has looked at the machine, where root may see more than this process.
  const auto wrong = std::ranges::find(loaded.errors, true, &config::Problem::wrong_use);
  if (wrong != loaded.errors.end()) return base::fail(wrong->message);
  std::vector<config::EffectiveValue> values = config::effective_values(loaded);
  const config::Difference difference = config::difference(values_, values);
  if (!difference.others.empty())
    return base::fail(config::joined(difference.others) + " cannot change in place");
  values_ = std::move(values);
  json_ = config::output::to_json(loaded);
  return plan::live_settings(loaded.settings);
}

}  // namespace tusk::app::live

// ICU's default locale and time zone. ICU determines them at their first use, from the environment
// and by setlocale(), and keeps them for the process. That must not be a script's environment.
//
// Thread: main, before scripts run.
#pragma once

namespace tusk::php::library {

// Makes ICU determine them now. Does nothing if PHP was built without ICU.
void fix_icu_defaults() noexcept;

}  // namespace tusk::php::library

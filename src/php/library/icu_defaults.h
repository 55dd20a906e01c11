// ICU's default locale and time zone: it looks for them when somebody first asks, in the
// environment and by setlocale(), and keeps them for the process. That must not be a script's
// environment.
//
// Thread: main, before scripts run.
#pragma once

namespace tusk::php::library {

// ICU takes those of the process now. Nothing, where PHP was built without it.
void settle_icu_defaults() noexcept;

}  // namespace tusk::php::library

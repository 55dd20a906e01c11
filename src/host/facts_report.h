// The answer of `tusk-php-host facts` (host/settings/host_facts.h).
//
// Thread: main.
#pragma once

namespace tusk::host {

// Starts PHP with the settings in the file kSettingsFile, and describes it in kFactsFile. Returns
// the exit status.
int report_facts();

}  // namespace tusk::host

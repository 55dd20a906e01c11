// The transactions that a request has left open, of PDO, mysqli and pgsql.
//
// Thread: a worker's. Calls these extensions, but no PHP code, and sends nothing to a database.
#pragma once

#include "php/resident/doctor/findings.h"

namespace tusk::php::resident::doctor {

// Adds a finding for each connection that is in a transaction.
void look_at_transactions(Findings& findings);

}  // namespace tusk::php::resident::doctor

// Whether a connection of the extension mysqli is in a transaction.
//
// Thread: a worker's.
#pragma once

#include "php/zend.h"

namespace tusk::php::resident::doctor {

// The object must be of the class mysqli or of one that is derived from it. Reads what the server
// has said with its last answer, and sends nothing. False if tusk was built without mysqli's
// headers.
bool is_mysqli_in_transaction(const zend_object& object) noexcept;

}  // namespace tusk::php::resident::doctor

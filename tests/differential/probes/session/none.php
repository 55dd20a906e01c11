<?php
// Without session_start() there is neither $_SESSION nor an id.
//> GET @
//: Cookie: PHPSESSID={marker}none

var_dump(isset($_SESSION), session_id(), session_status() === PHP_SESSION_NONE);

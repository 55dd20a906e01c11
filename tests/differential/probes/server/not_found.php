<?php
// A script that does not exist: 404, from the server.
//> GET /server/none.php?a=1
//! alone: no script runs

echo 'must not run';

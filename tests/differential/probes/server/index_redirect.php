<?php
// A directory without its slash is redirected, with its query string.
//> GET /server/index?a=1
//! alone: no script runs

echo 'must not run';

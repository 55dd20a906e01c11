<?php
// getenv() returns REDIRECT_STATUS too, without which some applications refuse to run.

var_dump(getenv('REDIRECT_STATUS'), getenv()['REDIRECT_STATUS'] ?? null);

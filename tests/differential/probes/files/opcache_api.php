<?php
// opcache.restrict_api is empty: scripts may use the API.

var_dump(ini_get('opcache.restrict_api'), ini_get('opcache.jit'), is_array(opcache_get_status()));

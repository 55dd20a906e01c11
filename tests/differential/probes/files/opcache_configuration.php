<?php
// opcache_get_configuration(): the directives are the same.

$directives = opcache_get_configuration()['directives'];
unset($directives['opcache.lockfile_path'], $directives['opcache.preload_user']);
var_dump($directives);

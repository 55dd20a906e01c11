<?php
// WWW-Authenticate makes a 401.

header('WWW-Authenticate: Basic realm="Probe"');
echo 'no';

<?php
// Two challenges are two fields.

header('WWW-Authenticate: Basic realm="Probe"');
header('WWW-Authenticate: Digest realm="Probe", nonce="1"', false);

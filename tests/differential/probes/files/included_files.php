<?php
// get_included_files() begins with the script.
//! alone: marker.php is among them

include 'parts/value.txt';
echo implode(' ', array_map(basename(...), get_included_files()));

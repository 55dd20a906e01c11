<?php
// include looks beside the script, in include_path and in the working directory.

var_dump((include 'parts/value.txt') === 7, (include './parts/value.txt') === 7);
chdir('/');
var_dump(@include './parts/value.txt', (include 'parts/value.txt') === 7);

<?php
// A Content-Type of the script, with default_charset added to text types.

header('Content-Type: text/plain');

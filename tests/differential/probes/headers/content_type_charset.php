<?php
// A Content-Type with its own charset is left alone.

header('Content-Type: text/html; charset=iso-8859-1');

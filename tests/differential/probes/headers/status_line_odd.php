<?php
// A status line with a code that nobody knows.

header('HTTP/1.1 299 Strange');

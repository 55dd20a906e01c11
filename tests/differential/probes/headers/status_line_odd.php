<?php
// A status line with an unknown code.

header('HTTP/1.1 299 Strange');

<?php
// PATH_TRANSLATED without an extra path.

var_dump($_SERVER['PATH_TRANSLATED'] ?? null);

<?php
// random_bytes() differs between requests, and inside one.

var_dump(random_bytes(16) !== random_bytes(16), strlen(uniqid()), random_int(5, 5));

<?php
// post_max_size: a larger form gives an empty $_POST, and a warning.
//> POST @
//form a=1&big={x*110000}

var_dump($_POST, error_get_last()['message'] ?? null);

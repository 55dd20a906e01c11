<?php
// post_max_size applies to a multipart form as a whole.
//> POST @
//+ name="a" = {x*110000}

var_dump($_POST, $_FILES, error_get_last()['message'] ?? null);

<?php
// post_max_size holds for a multipart form as a whole.
//> POST @
//+ name="a" = {x*110000}

var_dump($_POST, $_FILES, error_get_last()['message'] ?? null);

<?php
// max_multipart_body_parts: a warning, and no form at all.
//> POST @
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1
//+ name="a[]" = 1

var_dump($_POST, error_get_last()['message'] ?? null);

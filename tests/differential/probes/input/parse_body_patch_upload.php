<?php
// request_parse_body() of a PATCH with an upload: the file counts as uploaded.
//! needs: php-8.4
//> PATCH @
//+ name="title" = A title
//+ name="f"; filename="x.txt" [text/plain] = hello

[$post, $files] = request_parse_body();
$path = $files['f']['tmp_name'];
var_dump($post, $files['f']['name'], $files['f']['size'], is_uploaded_file($path), file_get_contents($path));

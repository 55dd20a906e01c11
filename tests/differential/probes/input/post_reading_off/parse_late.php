<?php
// request_parse_body() reads the form that PHP has not read.
//! needs: php-8.4
//> POST @
//+ name="a[x]" = 1
//+ name="f"; filename="x.txt" [text/plain] = hello

[$post, $files] = request_parse_body();
unset($files['f']['tmp_name']);
var_dump($post, $files);

<?php
// enable_post_data_reading=0 (in .user.ini): a multipart form stays in php://input, $_POST is empty.
//> POST @
//+ name="a" = 1
//+ name="f"; filename="x.txt" [text/plain] = hello

var_dump(ini_get('enable_post_data_reading'), $_POST, $_FILES, file_get_contents('php://input'));

<?php
// enable_post_data_reading=0 (in .user.ini): a form stays in php://input too.
//> POST @
//form a=1&b=2

var_dump($_POST, str_starts_with(file_get_contents('php://input'), 'a=1&b=2'));

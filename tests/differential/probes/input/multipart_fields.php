<?php
// $_POST of a multipart form: nested names, line ends and quotes in values.
//> POST @
//+ name="a" = 1
//+ name="b[x][]" = 2
//+ name="b[x][]" = line\r\nbreak
//+ name="c d.e" = "quoted"
//+ name=bare = 5

var_dump($_POST);

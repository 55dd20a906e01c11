<?php
// $_FILES of one file: its five entries and its content.
//> POST @
//+ name="f"; filename="a.txt" [text/plain] = The content.

$content = file_get_contents($_FILES['f']['tmp_name']);
$_FILES['f']['tmp_name'] = gettype($_FILES['f']['tmp_name']);
var_dump($_FILES, $content);

<?php
// move_uploaded_file() moves it once; is_uploaded_file() is false after that.
//> POST @
//+ name="f"; filename="a.txt" [text/plain] = content

$from = $_FILES['f']['tmp_name'];
$to = $from . '-moved';
var_dump(is_uploaded_file($from), move_uploaded_file($from, $to), is_uploaded_file($from));
var_dump(file_get_contents($to), move_uploaded_file($to, $from), decoct(fileperms($to) & 0777));
unlink($to);

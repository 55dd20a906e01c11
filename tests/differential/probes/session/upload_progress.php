<?php
// session.upload_progress: what remains when the upload is complete.
//> POST @
//: Cookie: PHPSESSID={marker}progress
//+ name="PHP_SESSION_UPLOAD_PROGRESS" = bar
//+ name="f"; filename="a.txt" [text/plain] = content

session_start();
var_dump($_SESSION, isset($_POST['PHP_SESSION_UPLOAD_PROGRESS']), $_FILES['f']['size']);

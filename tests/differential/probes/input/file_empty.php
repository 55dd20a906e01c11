<?php
// An empty file is a file.
//> POST @
//+ name="f"; filename="empty.txt" [text/plain] =

var_dump($_FILES['f']['error'], $_FILES['f']['size'], is_uploaded_file($_FILES['f']['tmp_name']));

<?php
// A multipart field with a Content-Type but no file name is a field.
//> POST @
//+ name="a" [application/json] = {"b": 1}

var_dump($_POST, $_FILES);

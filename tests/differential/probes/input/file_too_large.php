<?php
// upload_max_filesize: UPLOAD_ERR_INI_SIZE, and no temporary file.
//> POST @
//+ name="f"; filename="big.bin" [application/octet-stream] = {x*11000}
//+ name="g"; filename="small.bin" [application/octet-stream] = x

unset($_FILES['g']['tmp_name']);
var_dump($_FILES);

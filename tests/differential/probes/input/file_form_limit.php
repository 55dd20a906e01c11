<?php
// MAX_FILE_SIZE in the form: UPLOAD_ERR_FORM_SIZE.
//> POST @
//+ name="MAX_FILE_SIZE" = 5
//+ name="f"; filename="big.bin" [application/octet-stream] = 123456

var_dump($_FILES);

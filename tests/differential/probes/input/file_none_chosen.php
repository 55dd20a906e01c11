<?php
// A file field that was left empty: UPLOAD_ERR_NO_FILE.
//> POST @
//+ name="f"; filename="" [application/octet-stream] =

var_dump($_FILES);

<?php
// An uploaded file has exactly the bytes that were sent.
//> POST @
//+ name="f"; filename="a.bin" [application/octet-stream] = \x00\r\n--probe\xff\r\n\r\n

echo bin2hex(file_get_contents($_FILES['f']['tmp_name'])), ' ', $_FILES['f']['size'];

<?php
// A multipart field with any bytes in it.
//> POST @
//+ name="a" = \x00\xff--probe\r\n\r\n--

echo bin2hex($_POST['a']);

<?php
// Expires, Last-Modified, ETag, Cache-Control, Vary, Link, Content-Disposition pass through.

header('Expires: Thu, 01 Jan 1970 00:00:00 GMT');
header('Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT');
header('ETag: W/"x"');
header('Cache-Control: no-cache, private');
header('Vary: Accept-Language');
header('Link: </style.css>; rel=preload; as=style');
header('Content-Disposition: attachment; filename="a b.txt"');
echo 'x';

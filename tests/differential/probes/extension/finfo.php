<?php
// finfo: types of data and of files.

$info = new finfo(FILEINFO_MIME_TYPE);
var_dump($info->buffer("%PDF-1.4\n"), $info->buffer("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"), $info->file(__DIR__ . '/parts/code.txt'));

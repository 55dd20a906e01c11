<?php
// A zip archive is written and read.
//! needs: zip

$path = tempnam(sys_get_temp_dir(), 'zip');
unlink($path);
$zip = new ZipArchive();
$zip->open($path, ZipArchive::CREATE);
$zip->addFromString('ä.txt', 'content');
$zip->close();
echo file_get_contents("zip://$path#ä.txt");
unlink($path);

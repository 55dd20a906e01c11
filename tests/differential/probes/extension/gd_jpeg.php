<?php
// gd: JPEG and WebP into a buffer.
//! needs: gd

$image = imagecreatetruecolor(8, 8);
ob_start();
imagejpeg($image, null, 80);
$jpeg = ob_get_clean();
var_dump(substr(bin2hex($jpeg), 0, 8), getimagesizefromstring($jpeg)['mime'], imagesx(imagecreatefromstring($jpeg)));

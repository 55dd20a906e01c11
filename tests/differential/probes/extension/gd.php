<?php
// gd: a picture is made and sent.
//! needs: gd

$image = imagecreatetruecolor(20, 10);
imagefilledrectangle($image, 2, 2, 10, 8, imagecolorallocate($image, 255, 128, 0));
imagestring($image, 1, 0, 0, 'x', imagecolorallocate($image, 255, 255, 255));
header('Content-Type: image/png');
imagepng($image);

<?php
// No charset is added to images, also to those that are text.

header('Content-Type: image/svg+xml');
echo '<svg/>';

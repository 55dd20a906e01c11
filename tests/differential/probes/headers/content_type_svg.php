<?php
// No charset is added to images, including textual ones.

header('Content-Type: image/svg+xml');
echo '<svg/>';

<?php // A font that is none, beside the ends of other requests.
for ($i = 0; $i < 20; $i++) @imagettfbbox(9, 0, __FILE__, 'x');
echo 'done';

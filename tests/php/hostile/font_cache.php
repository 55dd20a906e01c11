<?php // Draws with an invalid font while other requests end.
for ($i = 0; $i < 20; $i++) @imagettfbbox(9, 0, __FILE__, 'x');
echo 'done';

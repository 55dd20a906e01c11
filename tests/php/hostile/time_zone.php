<?php // Changes libc's time zone.
putenv('TZ=Asia/Tokyo');
echo getenv('TZ');

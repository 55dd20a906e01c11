<?php
// putenv('TZ=…') does not change PHP's time zone.

putenv('TZ=Asia/Tokyo');
var_dump(date_default_timezone_get(), date('H', 0));

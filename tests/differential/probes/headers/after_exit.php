<?php
// header() before exit() counts.

header('X-A: 1');
http_response_code(403);
exit('bye');

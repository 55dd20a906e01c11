<?php // Sets an invalid status.
http_response_code(999);
echo 'odd';

<?php // A status that is none.
http_response_code(999);
echo 'odd';

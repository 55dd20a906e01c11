<?php
// Location leaves another 3xx alone.

http_response_code(308);
header('Location: /new');

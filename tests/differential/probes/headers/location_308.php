<?php
// Location does not change another 3xx.

http_response_code(308);
header('Location: /new');

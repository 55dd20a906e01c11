<?php
// 205 with a body.

http_response_code(205);
echo 'text';

<?php
// Content-Length: 0, and a body.

header('Content-Length: 0');
echo '12345';

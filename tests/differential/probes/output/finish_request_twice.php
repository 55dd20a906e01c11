<?php
// A second fastcgi_finish_request() returns false, or at least does no harm.

echo 'text';
fastcgi_finish_request();
fastcgi_finish_request();

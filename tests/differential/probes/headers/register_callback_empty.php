<?php
// The callback is called in a script without output too.

header_register_callback(fn () => http_response_code(202));

<?php
// php://stderr is writable, and is not part of the response.

var_dump(file_put_contents('php://stderr', "from a probe\n"));

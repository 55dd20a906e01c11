<?php
// php://stderr can be written to, and is not the response.

var_dump(file_put_contents('php://stderr', "from a probe\n"));

<?php
// $_ENV contains the environment and no variables of the request.

var_dump(isset($_ENV['REQUEST_METHOD']), isset($_ENV['PATH']));

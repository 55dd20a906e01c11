<?php
// $_ENV has the environment and nothing of the request.

var_dump(isset($_ENV['REQUEST_METHOD']), isset($_ENV['PATH']));

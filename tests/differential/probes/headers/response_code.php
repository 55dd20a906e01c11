<?php
// http_response_code() returns the code before.

var_dump(http_response_code(), http_response_code(404), http_response_code(201), http_response_code());

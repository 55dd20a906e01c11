<?php
// Location does not change a 201.

http_response_code(201);
header('Location: /new');

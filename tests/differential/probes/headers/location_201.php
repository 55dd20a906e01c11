<?php
// Location leaves 201 alone.

http_response_code(201);
header('Location: /new');

<?php
// A response without a body: whether Content-Type is sent.

http_response_code(204);

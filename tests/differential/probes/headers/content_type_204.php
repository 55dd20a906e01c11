<?php
// A response without a body: what becomes of Content-Type.

http_response_code(204);

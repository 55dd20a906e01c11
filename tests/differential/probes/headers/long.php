<?php
// A header field of 3,000 bytes.

header('X-Long: ' . str_repeat('y', 3000));

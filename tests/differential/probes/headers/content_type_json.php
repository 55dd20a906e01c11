<?php
// No charset is added to a type that is no text.

header('Content-Type: application/json');
echo '{}';

<?php
// json: floats, Unicode, pretty printing, errors.

echo json_encode(['f' => 0.1, 'i' => 10.0, 'u' => "ä/\u{1f600}", 'n' => null], JSON_PRETTY_PRINT | JSON_PRESERVE_ZERO_FRACTION), "\n";
try {
    json_encode("\xff", JSON_THROW_ON_ERROR);
} catch (JsonException $e) {
    echo $e->getMessage();
}

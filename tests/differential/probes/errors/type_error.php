<?php
// A TypeError under strict_types.

try {
    (fn (int $n) => $n)('x');
} catch (TypeError $e) {
    echo preg_replace('/, called.*/s', '', $e->getMessage());
}

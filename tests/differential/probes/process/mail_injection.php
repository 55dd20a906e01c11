<?php
// mail() refuses header injection.

try {
    mail('to@example.org', 's', 'm', ['From' => "a\r\nb: c"]);
} catch (ValueError $e) {
    echo $e->getMessage();
}

<?php
// An error handler that throws ErrorException, which is caught.

set_error_handler(fn ($type, $message) => throw new ErrorException($message, 0, $type));
try {
    echo $undefined;
} catch (ErrorException $e) {
    echo 'caught ', $e->getMessage(), ' ', $e->getSeverity();
}

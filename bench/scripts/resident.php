<?php
// The hello script, which stays resident where the server can keep it.
if (isset($_SERVER['FRANKENPHP_WORKER'])) {
    while (frankenphp_handle_request(static function (): void { echo "Hello World!"; })) {
    }
} else {
    echo "Hello World!";
}

<?php
// setcookie() escapes values, and refuses names and paths with special characters.

setcookie('a', "1\r\nX-Evil: 1");
foreach ([['b=c', '1', []], ["d\n", '1', []], ['e', '1', ['path' => "/;x"]], ['f', '1', ['domain' => "a\r\nb"]]] as $arguments) {
    try {
        setcookie(...$arguments);
    } catch (ValueError $e) {
        echo $e->getMessage(), "\n";
    }
}

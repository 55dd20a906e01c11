<?php
// setrawcookie() does not escape, and refuses what cannot be in a value.

setrawcookie('raw', 'a%20b/c');
try {
    setrawcookie('bad', 'a b');
} catch (ValueError $e) {
    echo $e->getMessage();
}

<?php
// eval() with its own line numbers, and a parse error in it.

echo eval('return __LINE__;'), "\n";
try {
    eval("\n\n}");
} catch (ParseError $e) {
    echo $e->getMessage(), ' ', $e->getLine();
}

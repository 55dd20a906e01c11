<?php
// assert() throws or not, as zend.assertions says.

try {
    var_dump(assert(false, 'said'));
} catch (AssertionError $e) {
    echo 'threw ', $e->getMessage();
}

<?php
// exit does not run finally blocks.

try {
    exit('bye');
} finally {
    echo 'finally';
}

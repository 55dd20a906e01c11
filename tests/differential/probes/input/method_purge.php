<?php
// PURGE, as caches use it, goes to the script.
//> PURGE @

echo $_SERVER['REQUEST_METHOD'];

<?php
// TRACE is refused before it comes to a script.
//> TRACE @

echo 'must not run';

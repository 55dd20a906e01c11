<?php
// TRACE is refused before it reaches a script.
//> TRACE @

echo 'must not run';

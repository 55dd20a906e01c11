<?php
// An unknown method goes to the script.
//> FROBNICATE @

echo $_SERVER['REQUEST_METHOD'];

<?php
// A method that nobody knows goes to the script.
//> FROBNICATE @

echo $_SERVER['REQUEST_METHOD'];

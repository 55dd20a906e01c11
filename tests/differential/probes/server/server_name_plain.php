<?php
// SERVER_NAME where the Host field has the server's name.

var_dump($_SERVER['SERVER_NAME']);

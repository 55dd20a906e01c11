<?php
// SERVER_NAME if the Host field equals the server's name.

var_dump($_SERVER['SERVER_NAME']);

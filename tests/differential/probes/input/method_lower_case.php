<?php
// Methods are case-sensitive: "get" is not GET.
//> get @
//! alone: the reference's answer is nginx's own

echo $_SERVER['REQUEST_METHOD'];

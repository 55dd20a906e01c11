<?php
// A long text for a client that accepts compression.
//> GET @
//: Accept-Encoding: gzip

echo str_repeat('a long text ', 500);

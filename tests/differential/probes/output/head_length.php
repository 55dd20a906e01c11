<?php
// HEAD: a Content-Length that the script sets is sent.
//> HEAD @

header('Content-Length: 12345');

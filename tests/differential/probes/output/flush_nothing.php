<?php
// flush() in a script without output.

header('X-A: 1');
flush();

<?php
// A program that is started has no signal blocked.

echo shell_exec("grep ^SigBlk /proc/self/status");

<?php
// A script outside of open_basedir (in .user.ini) is not run.

echo 'must not run';

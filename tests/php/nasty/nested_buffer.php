<?php
ob_start(function () { ob_start(); return 'x'; });
echo 'text';

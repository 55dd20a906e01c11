<?php
echo 'never seen';
if (

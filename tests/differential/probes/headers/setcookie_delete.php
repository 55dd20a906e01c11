<?php
// setcookie() with an empty value deletes.

setcookie('a', '');

<?php
// Location makes a 302.

header('Location: /elsewhere');
exit;

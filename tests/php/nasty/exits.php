<?php
// Leaves the script in the way that ?how= names, without an error.
switch ($_GET['how']) {
    case 'number': echo 'text'; exit(3);
    case 'text': exit('last words');
    case 'plain': echo 'text'; exit;
    case 'status': http_response_code(403); die('denied');
    case 'return': echo 'text'; return 7;
}

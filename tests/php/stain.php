<?php
// Changes as much of the process, thread and interpreter as it can; state.php looks for traces.
ini_set('precision', '5');
ini_set('memory_limit', '512M');
ini_set('date.timezone', 'Asia/Tokyo');
date_default_timezone_set('Asia/Tokyo');
setlocale(LC_ALL, 'C.UTF-8', 'C.utf8');
mb_internal_encoding('ISO-8859-1');
error_reporting(0);
set_error_handler(fn () => true);
set_exception_handler(fn () => null);
set_time_limit(7);
define('STAIN', 1);
$stain = $_SERVER['STAIN'] = $_ENV['STAIN'] = $GLOBALS['other_stain'] = $_GET['stain'] = $_SESSION['stain'] = 'here';
putenv('TUSK_TEST_STAIN=here');
chdir('/');
function stain() {}
class Stain {}
spl_autoload_register(fn () => null);
stream_wrapper_register('stain', 'Stain');
ob_start();
ob_start(fn ($text) => $text);
register_shutdown_function(fn () => print('.'));
@trigger_error('stain');
mt_srand(1);
umask(0);
http_response_code(203);
header('X-Stain: here');
echo 'stained';

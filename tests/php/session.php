<?php
session_start();
$_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
$_SESSION['note'] ??= $_GET['note'] ?? '';
echo $_SESSION['count'], ' ', $_SESSION['note'];
if (isset($_GET['end'])) {
    session_destroy();
}

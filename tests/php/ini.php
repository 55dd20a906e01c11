<?php
header('Content-Type: application/json');
echo json_encode(array_map(ini_get(...), array_combine($names = explode(',', $_GET['names']), $names)));

<?php
// Prints the result of each uploaded file; ?keep=NAME moves the first one there.
$result = [];
foreach ($_FILES as $field => $file) {
    foreach ((array) $file['tmp_name'] as $i => $path) {
        $one = array_map(fn ($value) => is_array($value) ? $value[$i] : $value, $file);
        $one['is_uploaded'] = is_uploaded_file($path);
        $one['sha256'] = $path === '' ? null : hash_file('sha256', $path);
        $one['moved'] = isset($_GET['keep']) && move_uploaded_file($path, $_GET['keep']);
        $result[$field][] = $one;
    }
}
header('Content-Type: application/json');
echo json_encode(['files' => $result, 'post' => $_POST]);

<?php
// Shows a form with text and files, and what PHP received. Nothing is stored: PHP removes the
// temporary files of an upload at the end of the request.

declare(strict_types=1);

require_once __DIR__ . '/../src/page.php';

const PREVIEW_BYTES = 512 * 1024;
const PREVIEW_TYPES = [IMAGETYPE_PNG, IMAGETYPE_JPEG, IMAGETYPE_GIF, IMAGETYPE_WEBP];

const UPLOAD_ERRORS = [
    UPLOAD_ERR_INI_SIZE => 'larger than upload_max_filesize',
    UPLOAD_ERR_FORM_SIZE => 'larger than the form allows',
    UPLOAD_ERR_PARTIAL => 'only part of it arrived',
    UPLOAD_ERR_NO_FILE => 'no file was chosen',
    UPLOAD_ERR_NO_TMP_DIR => 'the server has no temporary directory',
    UPLOAD_ERR_CANT_WRITE => 'the server could not write it',
    UPLOAD_ERR_EXTENSION => 'an extension of PHP refused it',
];

// Converts $_FILES['files'] of a field named files[] from one array per property to one per file. A
// client may send fields with other names; they are left out.
function files_of(string $field): array
{
    $names = $_FILES[$field]['name'] ?? [];
    $files = [];
    foreach (array_filter(is_array($names) ? $names : [], is_string(...)) as $i => $name) {
        $files[] = [
            'name' => $name,
            'type' => $_FILES[$field]['type'][$i],
            'tmp_name' => $_FILES[$field]['tmp_name'][$i],
            'error' => $_FILES[$field]['error'][$i],
            'size' => $_FILES[$field]['size'][$i],
        ];
    }
    return $files;
}

// Decides by the file's content, not by the name that the client sent.
function preview_of(array $file): ?string
{
    if ($file['size'] > PREVIEW_BYTES) {
        return null;
    }
    $image = @getimagesize($file['tmp_name']);
    if ($image === false || !in_array($image[2], PREVIEW_TYPES, true)) {
        return null;
    }
    return 'data:' . $image['mime'] . ';base64,' . base64_encode(file_get_contents($file['tmp_name']));
}

function show_file(array $file): void
{
    if ($file['error'] !== UPLOAD_ERR_OK) {
        table($file['name'] === '' ? 'no file' : $file['name'], [
            'error' => $file['error'] . ': ' . (UPLOAD_ERRORS[$file['error']] ?? 'unknown'),
        ]);
        return;
    }
    $preview = preview_of($file);
    if ($preview !== null) {
        echo '<figure><img class="preview" src="', h($preview), '" alt="Preview of ', h($file['name']), '"></figure>';
    }
    table($file['name'], [
        'size' => bytes($file['size']),
        'type that the client sent' => $file['type'],
        'type of the content' => mime_content_type($file['tmp_name']),
        'sha256' => hash_file('sha256', $file['tmp_name']),
        'is_uploaded_file()' => is_uploaded_file($file['tmp_name']),
    ]);
}

// If the body exceeds post_max_size, both arrays are empty.
function is_too_large(): bool
{
    return $_POST === [] && $_FILES === [] && (int) $_SERVER['CONTENT_LENGTH'] > 0;
}

page_begin('Upload', 'A form with text and files. The server receives all of it before a worker handles it.');

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    echo '<section aria-labelledby="received"><h2 id="received">What PHP received</h2>';
    if (is_too_large()) {
        echo '<p class="flash bad" role="alert">Nothing: the form was larger than post_max_size, ',
            h(ini_get('post_max_size')), '.</p>';
    } else {
        table('$_POST', $_POST);
        array_map(show_file(...), files_of('files'));
    }
    echo '</section>';
}

echo '<section aria-labelledby="send"><h2 id="send">Send something</h2>',
    '<form method="post" enctype="multipart/form-data" class="panel">',
    '<p><label for="name">Your name</label><input id="name" name="name" autocomplete="name"></p>',
    '<p><label for="note">A note</label><textarea id="note" name="note" rows="4"></textarea></p>',
    '<fieldset><legend>Colours</legend>';
foreach (['ivory', 'teal', 'slate'] as $colour) {
    echo '<label class="check"><input type="checkbox" name="colours[]" value="', $colour, '"> ',
        $colour, '</label>';
}
echo '</fieldset><p><label for="files">Files</label>',
    '<input id="files" name="files[]" type="file" multiple aria-describedby="limits"></p>',
    '<p class="note" id="limits">At most ', h(ini_get('max_file_uploads')), ' files of ',
    h(ini_get('upload_max_filesize')), ' each, and ', h(ini_get('post_max_size')),
    ' in total. Files are not stored; small pictures are shown.</p>',
    '<button>Send</button></form></section>';

page_end();

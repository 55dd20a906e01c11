<?php
// header('Status: …') beside another way to set the status: which of them counts.
//> GET @?first=field&then=line
//> GET @?first=line&then=field
//> GET @?first=field&then=code
//> GET @?first=code&then=field
//> GET @?first=field&then=line200
//> GET @?first=line200&then=field
//> GET @?first=field&then=field2
//> GET @?first=location&then=field
//> GET @?first=field&then=location
//> GET @?first=fine&then=location
//> GET @?first=fine&then=fatal
//> GET @?first=field&then=fatal
//> GET @?first=code&then=fatal

ini_set('display_errors', '0');
foreach ([$_GET['first'], $_GET['then']] as $way) {
    match ($way) {
        'field' => header('Status: 404 Field'),
        'field2' => header('Status: 410 Other', false),
        'fine' => header('Status: 200 OK'),
        'line' => header('HTTP/1.1 503 Line'),
        'line200' => header('HTTP/1.1 200 Fine'),
        'code' => http_response_code(409),
        'location' => header('Location: /elsewhere'),
        'fatal' => no_such_function(),
    };
}
var_dump(http_response_code(), headers_list());

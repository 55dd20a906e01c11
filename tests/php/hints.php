<?php
// Sends early hints in the way that ?by= names.
header('X-Kept: yes');
header('Link: </style.css>; rel=preload; as=style');
switch ($_GET['by']) {
    case 'function':
        $sent = tusk_early_hints('Link: </a.css>; rel=preload') && tusk_early_hints(['Link: </b.js>; rel=preload', 'X-B: 2']);
        break;
    case 'headers_send':
        $sent = headers_send(103) === 0;
        header_remove('Link');
        break;
    case 'status_and_flush':
        header('HTTP/1.1 103 Early Hints');
        flush();
        $sent = http_response_code() === 200;
        break;
    case 'status_and_output':
        http_response_code(103);
        $sent = true;
        break;
    case 'late':
        echo 'early output, ';
        flush();
        $sent = tusk_early_hints('Link: </a.css>') === false && headers_send(103) === -1;
        break;
    case 'nonsense':
        $sent = true;
        foreach ([fn() => tusk_early_hints('no field'), fn() => tusk_early_hints(["A: b\r\nC: d"]), fn() => tusk_early_hints([1]),
                  fn() => headers_send(101), fn() => headers_send(9999)] as $call) {
            try {
                $call();
                $sent = false;
            } catch (ValueError $error) {
            }
        }
        break;
}
echo $sent ? 'sent' : 'not sent';

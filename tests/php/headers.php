<?php
// Handles headers as ?case= says.
switch ($_GET['case']) {
    case 'redirect':
        header('Location: /elsewhere?x=1&y=2');
        exit;
    case 'redirect_with_code':
        header('Location: /elsewhere', true, 307);
        exit('moved');
    case 'created_location':
        http_response_code(201);
        header('Location: /new');
        break;
    case 'status':
        http_response_code((int) $_GET['code']);
        echo 'body of ', $_GET['code'];
        break;
    case 'status_line':
        header('HTTP/1.1 404 Gone Fishing');
        echo 'no';
        break;
    case 'status_header':
        header('Status: 418 I am a teapot');
        break;
    case 'cookies':
        setcookie('plain', 'a b;c', ['path' => '/x', 'httponly' => true, 'samesite' => 'Lax']);
        setcookie('second', 'two', time() + 3600, '/', '', true);
        setrawcookie('raw', 'a%20b');
        setcookie('gone', '', 1);
        break;
    case 'replace_and_remove':
        header('X-One: 1');
        header('X-One: 2');
        header('X-Two: 1');
        header('X-Two: 2', false);
        header('X-Three: 3');
        header_remove('X-Three');
        header_remove('X-Powered-By');
        break;
    case 'injection':
        foreach (["X-A: 1\r\nX-Evil: 1", "X-B: 1\nX-Evil: 2", "X-C: 1\0X-Evil: 3", "X-D: 1\rX-Evil: 4"] as $line) {
            @header($line);
        }
        echo 'safe';
        break;
    case 'hop_by_hop':
        header('Connection: upgrade');
        header('Transfer-Encoding: chunked');
        header('Keep-Alive: timeout=99');
        header('Upgrade: h2c');
        header('TE: trailers');
        echo 'a body of its own';
        break;
    case 'false_length':
        header('Content-Length: ' . $_GET['length']);
        echo '0123456789';
        break;
    case 'after_exit':
        ob_start();  // else the first output sends the header
        register_shutdown_function(function () {
            header('X-Late: yes');
            http_response_code(202);
            echo ' and shutdown';
        });
        echo 'script';
        exit;
    case 'callback':
        header_register_callback(function () { header('X-Callback: yes'); });
        echo 'body';
        break;
    case 'buffer':
        ob_start(fn ($text) => strtoupper($text));
        echo 'through a buffer';
        header('X-After-Output: works');
        break;
    case 'sent':
        echo 'x';
        flush();
        echo headers_sent() ? 'sent' : 'not sent';
        @header('X-Too-Late: yes');
        break;
    case 'type':
        header('Content-Type: ' . $_GET['type']);
        echo '{}';
        break;
    case 'empty':
        break;
    case 'list':
        header('X-Listed: yes');
        echo json_encode(headers_list());
        break;
}

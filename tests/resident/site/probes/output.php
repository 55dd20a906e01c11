<?php

return [
    'status' => function () {
        http_response_code(418);
        header('X-Probe: 1');
        return http_response_code();
    },
    'header callback' => function () {
        header_register_callback(fn () => header('X-Callback: 1'));
        return headers_list();
    },
    'buffers' => function ($print) {
        ob_start(fn (string $text) => $text . ' buffered');
        ob_start(null, 10);
        $print('in buffers');
        return null;
    },
    'implicit flush' => fn () => [ob_implicit_flush()],
    'rewritten links' => function ($print) {
        output_add_rewrite_var('probe', 'x');
        $print('');
        echo '<form action="page.php"></form>';
    },
    'links as they are' => function ($print) {
        $print('');
        echo '<form action="page.php"></form>';
    },
    'superglobals' => function () {
        $_GET['x'] = $_POST['x'] = $_COOKIE['x'] = $_REQUEST['x'] = $_SERVER['x'] = $_ENV['x'] = $_FILES['x'] = 'probe';
        return count($_ENV) > 0;
    },
    'superglobals gone' => function () {
        unset($GLOBALS['_GET'], $GLOBALS['_SERVER'], $GLOBALS['_ENV'], $_REQUEST['probe']);
        return isset($_GET);
    },
    'session' => function () {
        session_save_path('/tmp');
        session_id('probe' . getmypid() . hrtime(true));
        session_name('OTHER');
        session_set_cookie_params(['lifetime' => 5, 'path' => '/x']);
        session_start();
        $_SESSION['probe'] = 1;
        return session_destroy();
    },
    'session handler' => function () {
        session_set_save_handler(new class () implements SessionHandlerInterface {
            public function open($path, $name): bool
            {
                return true;
            }

            public function close(): bool
            {
                return true;
            }

            public function read($id): string
            {
                return '';
            }

            public function write($id, $data): bool
            {
                return true;
            }

            public function destroy($id): bool
            {
                return true;
            }

            public function gc($lifetime): int
            {
                return 0;
            }
        });
        session_id('p' . hrtime(true));
        session_start();
        $_SESSION['x'] = 1;
        return session_module_name();
    },
    'input read' => fn () => strlen(file_get_contents('php://input')),
];

<?php

class ProbeStream
{
    public $context;

    public function stream_open(): bool
    {
        return true;
    }
}

class ProbeFilter extends php_user_filter
{
    public function filter($in, $out, &$consumed, bool $closing): int
    {
        while ($bucket = stream_bucket_make_writeable($in)) {
            $bucket->data = strtoupper($bucket->data);
            $consumed += $bucket->datalen;
            stream_bucket_append($out, $bucket);
        }
        return PSFS_PASS_ON;
    }
}

return [
    'wrapper' => fn () => [stream_wrapper_register('probe', ProbeStream::class), is_resource(fopen('probe://x', 'r'))],
    'wrapper instead of file' => function () {
        stream_wrapper_unregister('file');
        return stream_wrapper_register('file', ProbeStream::class);
    },
    'no wrapper' => fn () => [stream_wrapper_unregister('http'), stream_wrapper_unregister('data'),
        @file_get_contents('data:,x')],
    'wrapper of the boot' => fn () => in_array('boot', stream_get_wrappers())
        ? [file_get_contents('boot://x'), stream_wrapper_unregister('boot'), stream_wrapper_restore('ftp'),
            stream_wrapper_register('boot', ProbeStream::class)]
        : 'none',
    'wrapper of the boot is read' => fn () => in_array('boot', stream_get_wrappers())
        ? file_get_contents('boot://x') : 'none',
    'wrapper restored' => fn () => [@stream_wrapper_restore('file'), @stream_wrapper_restore('ftp')],
    'open stream outlives wrapper' => function () {
        stream_wrapper_register('probe', ProbeStream::class);
        $stream = fopen('probe://x', 'r');
        stream_wrapper_unregister('probe');
        return get_resource_type($stream);
    },
    'filter class' => function () {
        stream_filter_register('probe.*', ProbeFilter::class);
        $stream = fopen('php://memory', 'w+');
        stream_filter_append($stream, 'probe.up', STREAM_FILTER_WRITE);
        fwrite($stream, 'text');
        rewind($stream);
        return stream_get_contents($stream);
    },
    'filter of the boot' => fn () => stream_filter_register('boot.filter', ProbeFilter::class),
    'default context' => fn () => stream_context_get_options(
        stream_context_set_default(['http' => ['timeout' => 9, 'header' => 'X: y']])
    ),
    'option of the default context' => fn () => stream_context_set_option(
        stream_context_get_default(),
        'ssl',
        'verify_peer',
        false
    ),
    'token' => fn () => [strtok('a b c', ' '), strtok(' ')],
    'stream left open' => function () {
        static $streams = [];
        $streams = [fopen('php://temp', 'w+'), tmpfile()];
        fwrite($streams[0], str_repeat('x', 3_000_000));
        return ftell($streams[0]);
    },
    'answer headers' => fn () => [@file_get_contents('http://127.0.0.1:1/'),
        function_exists('http_get_last_response_headers') ? http_get_last_response_headers() : null],
];

<?php
// An API for programs.

use Illuminate\Http\Request;
use Illuminate\Support\Facades\Cache;
use Illuminate\Support\Facades\Route;

Route::any('/echo/{rest?}', fn (Request $request, string $rest = '') => [
    'method' => $request->method(),
    'path' => $request->path(),
    'rest' => $rest,
    'url' => $request->fullUrl(),
    'root' => $request->root(),
    'query' => $request->query->all(),
    'post' => $request->post(),
    'json' => $request->isJson() ? $request->json()->all() : null,
    'token' => $request->bearerToken(),
])->where('rest', '.*');

Route::get('/limited', fn () => 'ok')->middleware('throttle:3,1');

Route::post('/count', fn () => Cache::lock('counter', 10)->block(10, function () {
    Cache::forever('count', $count = Cache::get('count', 0) + 1);
    return ['count' => $count];
}));

Route::get('/events', fn () => response()->stream(function () {
    foreach (range(1, 3) as $number) {
        echo "data: $number\n\n";
        flush();
        // Send the next event only when the client has confirmed this one.
        for ($turn = 0; !file_exists(storage_path("event.$number")) && $turn < 2000; ++$turn) {
            usleep(10000);
            clearstatcache();
        }
    }
}, 200, ['Content-Type' => 'text/event-stream', 'Cache-Control' => 'no-cache']));

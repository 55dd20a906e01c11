<?php
// Pages for people: a form, sessions, uploads, downloads.

use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\Facades\Storage;
use Illuminate\Support\Facades\URL;

Route::get('/', function (Request $request) {
    $visits = $request->session()->increment('visits');
    return view('home', ['visits' => $visits, 'notes' => DB::table('notes')->orderBy('id')->get()]);
});

Route::post('/notes', function (Request $request) {
    $note = $request->validate(['text' => 'required|max:50', 'file' => 'nullable|file|max:4096']);
    $file = $request->file('file')?->store('notes', 'public');
    DB::transaction(fn () => DB::table('notes')->insert(['text' => $note['text'], 'file' => $file]));
    return redirect('/')->with('status', 'Saved!')->withCookie(cookie('last', 'a=b; ü', 5));
});

Route::get('/last', fn (Request $request) => $request->cookie('last'));
Route::get('/file', fn () => response()->file(storage_path('app/large.bin')));
Route::get('/download', fn () => Storage::download('large.bin', 'Grüße.bin'));
Route::get('/sign', fn () => URL::temporarySignedRoute('signed', 60, ['name' => 'a b&c']));
Route::get('/signed/{name}', fn (string $name) => "signed: $name")
    ->name('signed')->middleware('signed');
Route::get('/broken', fn () => throw new RuntimeException('the pencil broke'));
Route::get('/abort/{status}', fn (int $status) => abort($status));

Route::get('/later', function () {
    app()->terminating(function () {
        for ($turn = 0; !file_exists(storage_path('later.go')) && $turn < 2000; ++$turn) {
            usleep(10000);
            clearstatcache();
        }
        touch(storage_path('later.done'));
    });
    return 'accepted';
});

<!doctype html>
<title>{{ config('app.name') }}</title>
<link rel="stylesheet" href="{{ asset('app.css') }}">
<p>Visit {{ $visits }}.</p>
@if (session('status'))
  <p>{{ session('status') }}</p>
@endif
@foreach ($errors->all() as $error)
  <p>{{ $error }}</p>
@endforeach
<form method="post" action="/notes" enctype="multipart/form-data">
  @csrf
  <input name="text" value="{{ old('text') }}">
  <input type="file" name="file">
  <button name="save" value="1">Save</button>
</form>
<ul>
  @foreach ($notes as $note)
    <li>{{ $note->text }} @if ($note->file) <a href="{{ asset('storage/' . $note->file) }}">file</a> @endif</li>
  @endforeach
</ul>

<?php
// DOM: HTML with errors in it, and serialization.

$document = new DOMDocument();
@$document->loadHTML('<p>one<p>two <b>bold');
echo $document->saveHTML($document->getElementsByTagName('body')[0]);

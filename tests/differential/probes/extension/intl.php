<?php
// intl: numbers, collation, messages.

echo (new NumberFormatter('de_DE', NumberFormatter::DECIMAL))->format(1234567.891), "\n";
$words = ['zebra', 'Äpfel', 'apfel', 'Zoo'];
(new Collator('de_DE'))->sort($words);
echo implode(' ', $words), "\n", MessageFormatter::formatMessage('en', '{0, plural, one{# file} other{# files}}', [3]), ' ', Locale::getDefault();

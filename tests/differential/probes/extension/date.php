<?php
// date: zones, daylight saving, intervals and periods.

$d = new DateTimeImmutable('2024-03-31 01:59:59', new DateTimeZone('Europe/Berlin'));
echo $d->modify('+1 second')->format(DATE_ATOM), ' ', $d->diff(new DateTimeImmutable('2025-01-01'))->format('%a %h'), ' ', date('T e', 0);

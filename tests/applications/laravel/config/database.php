<?php

return [
    'default' => 'sqlite',
    'connections' => [
        'sqlite' => ['driver' => 'sqlite', 'database' => database_path('notes.db'), 'prefix' => ''],
    ],
    'migrations' => 'migrations',
];

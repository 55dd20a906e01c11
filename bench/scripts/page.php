<?php include __DIR__ . '/page.html';

<?php
// X-Forwarded-For and Forwarded have no effect if no proxy is trusted.
//> GET @
//: X-Forwarded-For: 1.2.3.4
//: Forwarded: for=5.6.7.8
//: X-Real-IP: 9.9.9.9

var_dump($_SERVER['REMOTE_ADDR'], $_SERVER['HTTP_X_FORWARDED_FOR'], $_SERVER['HTTP_FORWARDED'], $_SERVER['HTTP_X_REAL_IP']);

<?php
// ignore_user_abort() is a setting of the request.
//> GET @
//> GET @

var_dump(ignore_user_abort(true), ignore_user_abort(), ini_get('ignore_user_abort'));

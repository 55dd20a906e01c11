<?php
// The reason of each status that PHP or a server knows.
//> GET @?code=200
//> GET @?code=201
//> GET @?code=202
//> GET @?code=206
//> GET @?code=400
//> GET @?code=401
//> GET @?code=402
//> GET @?code=403
//> GET @?code=405
//> GET @?code=409
//> GET @?code=410
//> GET @?code=413
//> GET @?code=415
//> GET @?code=422
//> GET @?code=423
//> GET @?code=429
//> GET @?code=431
//> GET @?code=451
//> GET @?code=500
//> GET @?code=501
//> GET @?code=502
//> GET @?code=503
//> GET @?code=504
//> GET @?code=507
//> GET @?code=511

http_response_code((int) $_GET['code']);
echo $_GET['code'];

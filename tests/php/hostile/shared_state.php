<?php // Process-wide state of C libraries: set by one request, read by another.
$get = function () {
    ldap_get_option(null, LDAP_OPT_NETWORK_TIMEOUT, $timeout);
    return json_encode([textdomain(null), $timeout, umask(), setlocale(LC_ALL, 0)]);
};
if (isset($_GET['set'])) {
    bindtextdomain('other', '/tmp');
    textdomain('other');
    ldap_set_option(null, LDAP_OPT_NETWORK_TIMEOUT, 77);
    umask(0777);
    setlocale(LC_ALL, 'C.UTF-8', 'C');
    file_put_contents(sys_get_temp_dir() . '/set', 'x');
    for ($i = 0; $i < 300 && is_file(sys_get_temp_dir() . '/set'); $i++) usleep(10000);
    exit;
}
echo $get();

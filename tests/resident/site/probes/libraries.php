<?php

return [
    'multibyte' => fn () => [mb_internal_encoding('UTF-16'), mb_http_output('SJIS'), mb_substitute_character('long'),
        mb_detect_order(['UTF-8', 'JIS']), mb_language('ja'), mb_internal_encoding()],
    'multibyte substitute' => fn () => [mb_substitute_character('entity'), mb_convert_encoding("\xff", 'UTF-8', 'UTF-8'),
        mb_get_info('illegal_chars')],
    'multibyte regex' => fn () => [mb_regex_encoding('SJIS'), mb_regex_set_options('xz'), mb_regex_encoding(),
        mb_regex_set_options()],
    'multibyte search' => fn () => [mb_ereg_search_init('abcabc', 'b'), mb_ereg_search_pos(), mb_ereg_search_getregs()],
    'multibyte search without pattern' => function () {
        try {
            return [mb_ereg_search_init('abc'), mb_ereg_search()];
        } catch (Error $error) {
            return $error->getMessage();
        }
    },
    'multibyte input' => fn () => [mb_parse_str('a=%E3%81%82', $parsed), $parsed, mb_http_input()],
    'iconv' => fn () => [@iconv_set_encoding('internal_encoding', 'UTF-16'), iconv_strlen('ab')],
    'libxml errors' => fn () => [libxml_use_internal_errors(true), simplexml_load_string('<a'),
        count(libxml_get_errors()) > 0],
    'libxml no errors' => fn () => [libxml_use_internal_errors(false), @simplexml_load_string('<a')],
    'libxml errors left' => fn () => [@simplexml_load_string('<b'), libxml_get_last_error() !== null],
    'libxml context' => fn () => [libxml_set_streams_context(stream_context_create(['http' => ['timeout' => 1]]))],
    'libxml loader' => fn () => [libxml_set_external_entity_loader(fn () => null),
        value_of_handler(libxml_get_external_entity_loader())],
    'libxml no loader' => fn () => [libxml_set_external_entity_loader(null), @libxml_disable_entity_loader(true)],
    'soap' => fn () => [use_soap_error_handler(true), use_soap_error_handler(true)],
    'intl' => fn () => [Locale::setDefault('fr_FR'), Locale::getDefault(), grapheme_strlen("\xff"),
        intl_get_error_code()],
    'intl error' => fn () => [@collator_create(str_repeat('x', 200)), intl_get_error_message(), grapheme_strlen('e')],
    'collator' => function () {
        $words = ['b', 'a'];
        return [collator_sort(collator_create('de'), $words), $words];
    },
    'time zone' => fn () => [date_default_timezone_set('America/New_York'), date('T e', 0)],
    'date errors' => fn () => [date_create('not a date'), date_get_last_errors()['error_count']],
    'json error' => fn () => [json_decode('{'), json_last_error_msg()],
    'preg error' => fn () => [@preg_match('/(?:\D+|<\d+>)*[!?]/', str_repeat('foobar ', 5)), preg_match('/u/u', "\xff"),
        preg_last_error_msg()],
    'socket error' => fn () => [@socket_connect(socket_create(AF_INET, SOCK_STREAM, 0), '127.0.0.1', 1),
        socket_last_error()],
    'openssl error' => fn () => [@openssl_pkey_get_private('nonsense'), openssl_error_string() !== false],
    'mysqli' => fn () => [mysqli_report(MYSQLI_REPORT_ALL), (new mysqli_driver())->report_mode],
    'mysqli error' => fn () => [mysqli_report(MYSQLI_REPORT_OFF), @mysqli_connect('127.0.0.1', 'u', 'p', 'd', 1),
        mysqli_connect_errno()],
    'bcmath' => fn () => [bcscale(9), bcdiv('1', '3')],
    'ldap' => fn () => [ldap_set_option(null, LDAP_OPT_NETWORK_TIMEOUT, 2), ldap_set_option(null, LDAP_OPT_SIZELIMIT, 3)],
    'curl' => fn () => [@curl_exec(curl_init('http://127.0.0.1:1/')), curl_version()['version'] !== ''],
    'filter' => fn () => [filter_input(INPUT_GET, 'probe'), filter_input(INPUT_GET, 'other'),
        filter_var('1', FILTER_VALIDATE_INT)],
    'hash' => fn () => [hash('sha256', ''), crc32('')],
    'deflate' => fn () => [gzdecode(gzencode('abc')), @gzinflate('nonsense')],
    'sqlite' => fn () => [(new PDO('sqlite::memory:'))->query('select 1')->fetchColumn(),
        (new SQLite3(':memory:'))->querySingle('select 2')],
];

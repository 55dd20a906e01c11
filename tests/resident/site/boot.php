<?php
// A boot that sets one of everything: what it has set stays.

ini_set('precision', '10');
ini_set('memory_limit', '200M');
ini_set('default_charset', 'ISO-8859-1');
ini_set('mbstring.language', 'Japanese');
ini_set('user_agent', 'of the boot');
error_reporting(E_ALL & ~E_NOTICE);
set_time_limit(40);
set_include_path('/of/the/boot');
date_default_timezone_set('Europe/Berlin');
setlocale(LC_ALL, 'C.UTF-8');
putenv('PROBE=of the boot');
putenv('LANG');
umask(0027);
chdir(__DIR__ . '/probes');
set_error_handler(static fn (int $type) => $type === E_USER_NOTICE);
set_error_handler(static fn (int $type) => $type === E_USER_NOTICE, E_USER_NOTICE | E_USER_WARNING);
set_exception_handler('boot_exception_handler');
function boot_exception_handler(Throwable $thrown): void
{
    http_response_code(555);
    echo json_encode(['of the boot' => $thrown->getMessage()]);
}
mb_internal_encoding('EUC-JP');
mb_http_output('UTF-8');
mb_substitute_character(0x3f);
mb_detect_order(['ASCII', 'EUC-JP']);
mb_regex_encoding('EUC-JP');
mb_regex_set_options('im');
libxml_use_internal_errors(true);
libxml_set_external_entity_loader('boot_entity_loader');
function boot_entity_loader(): ?string
{
    return null;
}
Locale::setDefault('de_DE');
class BootStream
{
    public $context;
    private bool $read = false;

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(): string
    {
        [$text, $this->read] = [$this->read ? '' : static::class, true];
        return $text;
    }

    public function stream_eof(): bool
    {
        return $this->read;
    }

    public function stream_stat(): array
    {
        return [];
    }
}
stream_wrapper_register('boot', BootStream::class);
stream_wrapper_unregister('ftp');
class BootFilter extends php_user_filter
{
}
stream_filter_register('boot.filter', BootFilter::class);
stream_context_set_default(['http' => ['timeout' => 3.0]]);
pcntl_signal(SIGUSR1, 'boot_signal_handler');
function boot_signal_handler(): void
{
}
pcntl_sigprocmask(SIG_BLOCK, [SIGUSR2]);
pcntl_async_signals(true);
mysqli_report(MYSQLI_REPORT_OFF);
bcscale(4);
spl_autoload_extensions('.boot');
spl_autoload_register(static fn (string $name) => null);
textdomain('boot');
openlog('of-the-boot', 0, LOG_USER);
pcntl_setpriority(3);
@assert_options(ASSERT_CALLBACK, 'boot_assertion');
function boot_assertion(): void
{
}
session_name('BOOT');
ldap_set_option(null, LDAP_OPT_NETWORK_TIMEOUT, 7);

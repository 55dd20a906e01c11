<?php
// An experiment: the worker script of a WordPress site for mode = "rewind", tried with 6.8. README.md here has the
// configuration, and what it does not do.
//
// The boot runs wp-load.php: the core, the plugins and the theme are loaded, and their hooks up to wp_loaded have run, for
// a visitor whom nobody knows. Each request then gets its own connection, options, user and globals, and goes on as
// index.php does.

if (!function_exists('tusk_next_request')) {
    exit("This script is a worker of tusk.\n");
}

/** What is done before and between requests. WordPress has its globals in the script's own scope. */
final class TuskRewoundWordPress
{
    // What WordPress makes of these options while it loads, a request does not make again: a new boot is asked for.
    private const OPTIONS = ['active_plugins', 'home', 'permalink_structure', 'category_base', 'tag_base',
        'sidebars_widgets', 'siteurl', 'stylesheet', 'template', 'WPLANG'];
    // Previews and repairs for which plugins and themes must be loaded in another way.
    private const NOT_HERE = ['customize_changeset_uuid', 'customize_messenger_channel', 'customize_theme', 'wp_customize',
        'wp_theme_preview', 'wp_site_preview', 'wp_scrape_key', 'rm_token'];

    private static bool $serving = false;
    private static array $options = [];
    private static array $values = [];
    private static string $browser = '';

    /** What a request has and the boot has not. */
    public static function pretend(string $url): void
    {
        $parts = parse_url($url);
        if (empty($parts['host'])) {
            throw new RuntimeException('APP_URL must be the address of the site, such as https://example.org.');
        }
        $_SERVER['HTTP_HOST'] = $parts['host'] . (isset($parts['port']) ? ":$parts[port]" : '');
        $_SERVER['SERVER_NAME'] = $parts['host'];
        if (($parts['scheme'] ?? '') === 'https') {
            $_SERVER['HTTPS'] = 'on';
        }
        $_SERVER += ['REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'QUERY_STRING' => '', 'REMOTE_ADDR' => '127.0.0.1',
            'SERVER_PROTOCOL' => 'HTTP/1.1', 'SERVER_SOFTWARE' => 'tusk', 'HTTP_USER_AGENT' => ''];
    }

    public static function nameScript(): void
    {
        $_SERVER['SCRIPT_FILENAME'] = ABSPATH . 'index.php';
        $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
    }

    /** Cron is for requests: the boot must not start one. */
    public static function beforeLoad(): void
    {
        require_once ABSPATH . 'wp-includes/plugin.php';
        add_action('muplugins_loaded', static fn () => remove_action('init', 'wp_cron'));
    }

    /** Nothing of the boot's database is left but what became of it. */
    public static function endBoot(): void
    {
        if (!tusk_after_rewind(static function (): void { self::$serving = true; })) {
            throw new RuntimeException('This script needs mode = "rewind" in its [[pool]].');
        }
        if (is_multisite() || wp_using_ext_object_cache()) {
            throw new RuntimeException('Networks of sites and object-cache.php do not work with this script.');
        }
        self::$browser = self::browserDetection();
        self::$options = [...self::OPTIONS, $GLOBALS['wpdb']->get_blog_prefix() . 'user_roles',
            ...preg_split('/[\s,]+/', $_SERVER['APP_OPTIONS'] ?? '', -1, PREG_SPLIT_NO_EMPTY)];
        self::$values = self::values();
        self::forget();
        $GLOBALS['wpdb']->close();
    }

    /** Before each request: what wp-settings.php does with the request, in the same order. */
    public static function begin(): void
    {
        global $wpdb, $wp, $current_user, $timestart;
        if (!self::$serving) {
            throw new RuntimeException('WordPress answers one request after its boot: leave warm_up out.');
        }
        $timestart = microtime(true);
        self::nameScript();
        $wpdb->db_connect();
        wp_fix_server_vars();
        wp_maintenance();
        eval(self::$browser);
        if (array_intersect_key($_GET + $_POST, array_flip(self::NOT_HERE))) {
            wp_die('Previews of the customizer and of themes do not work in a rewound pool.', 501);
        }
        if (self::values() !== self::$values) {
            opcache_reset(); // then tusk boots anew, beside this host
        }
        wp_magic_quotes();
        do_action('sanitize_comment_cookies');
        $current_user = null;
        $wp->init();
        _show_post_preview();
        wp_cron();
    }

    private static function values(): array
    {
        return array_map('get_option', self::$options);
    }

    /** Each request reads the database anew. What comes from files of the core and the theme stays. */
    private static function forget(): void
    {
        $styles = 'WP_Theme_JSON_Resolver';
        foreach (['get_core_data', 'get_block_data', 'get_theme_data'] as $read) {
            $styles::$read();
        }
        foreach (['user', 'user_custom_post_type_id'] as $name) { // the site's own styles, a post
            (new ReflectionProperty($styles, $name))->setValue(null, null);
        }
        $GLOBALS['wp_object_cache'] = new WP_Object_Cache();
    }

    /** The statements of vars.php, which sets the globals of the visitor's browser, without its functions. */
    private static function browserDetection(): string
    {
        $file = ABSPATH . 'wp-includes/vars.php';
        $lines = file($file);
        foreach (get_defined_functions()['user'] as $name) {
            $function = new ReflectionFunction($name);
            if ($function->getFileName() === $file) {
                for ($line = $function->getStartLine(); $line <= $function->getEndLine(); $line++) {
                    $lines[$line - 1] = "\n";
                }
            }
        }
        return '?>' . implode($lines);
    }
}

if (empty($_SERVER['APP_BASE_PATH']) || !is_file($_SERVER['APP_BASE_PATH'] . '/wp-load.php')) {
    throw new RuntimeException('APP_BASE_PATH must be the directory with wp-load.php.');
}
define('ABSPATH', rtrim($_SERVER['APP_BASE_PATH'], '/') . '/');
TuskRewoundWordPress::pretend($_SERVER['APP_URL'] ?? '');
TuskRewoundWordPress::nameScript();
TuskRewoundWordPress::beforeLoad();
require_once ABSPATH . 'wp-load.php';
TuskRewoundWordPress::endBoot();

while (tusk_next_request()) {
    TuskRewoundWordPress::begin();
    require ABSPATH . 'index.php';
}

#!/bin/sh
# Puts the thread-safe PHP of `PHP_LAYOUT=package tools/setup/php.sh` into the trees of the packages tusk-php8.4 and
# tusk-php8.4-dev, and writes their copyright files.
# usage: packaging/install-threads.sh PHP-DIRECTORY TREE DEV-TREE
set -eu
php=$1 tree=$2 dev=$3/usr/lib/tusk/php8.4
home=$tree/usr/lib/tusk/php8.4 settings=$tree/etc/tusk/php8.4

install -D -m 0644 "$php/lib/libphp.so" "$home/lib/libphp.so"
install -D -m 0755 "$php/bin/php" "$home/bin/php"
install -d "$tree/usr/bin" "$settings/conf.d"
ln -s ../lib/tusk/php8.4/bin/php "$tree/usr/bin/php8.4-zts"
install -D -m 0644 "$php/php/man/man1/php.1" "$tree/usr/share/man/man1/php8.4-zts.1"

# The settings that tusk.toml does not have are those that PHP recommends for production.
sed -e 's/^expose_php = On/expose_php = Off/' -e 's/^;realpath_cache_size = .*/realpath_cache_size = 4M/' \
	-e 's/^;opcache.memory_consumption=.*/opcache.memory_consumption=192/' \
	"$php/php.ini-production" >"$settings/php.ini"

for extension in "$php"/lib/php/extensions/no-debug-zts-*/*.so; do
	directory=${extension#"$php"/}
	install -D -m 0644 "$extension" "$home/$directory"
	name=$(basename "$extension" .so)
	case $name in
	opcache) printf 'zend_extension=opcache\n' >"$settings/conf.d/10-opcache.ini" ;;
	# These need others to be loaded before.
	pdo_* | mysqli | xsl | soap) printf 'extension=%s\n' "$name" >"$settings/conf.d/30-$name.ini" ;;
	*) printf 'extension=%s\n' "$name" >"$settings/conf.d/20-$name.ini" ;;
	esac
done
# debhelper's own stripping would make packages of debug information that is not there.
find "$home/lib" "$home/bin" -type f -exec strip --strip-unneeded --remove-section=.comment {} +

# What extensions are built with. php.sh has changed php-config to the place where PHP is on the building machine.
install -d "$dev/bin" "$dev/include" "$dev/lib/php"
cp -r "$php/include/php" "$dev/include/"
cp -r "$php/lib/php/build" "$dev/lib/php/"
sed "s|$php|/usr/lib/tusk/php8.4|g" "$php/bin/php-config" >"$dev/bin/php-config"
sed "s|$php|/usr/lib/tusk/php8.4|g" "$php/bin/phpize" >"$dev/bin/phpize"
chmod 0755 "$dev/bin/php-config" "$dev/bin/phpize"

# PHP's licences. Those of the parts that it took from others are in a file that PHP has for this purpose.
license() {
	printf '\nLicense: %s\n' "$1"
	sed -e 's/[[:space:]]*$//' -e 's/^$/./' -e 's/^/ /' "$2"
}
install -D -m 0644 "$php/README.REDIST.BINS" "$tree/usr/share/doc/tusk-php8.4/README.REDIST.BINS"
for package in "$tree" "$3"; do
	{
		cat debian/copyright
		printf '\nFiles: php\nCopyright: 1999-2026 The PHP Group\nLicense: PHP-3.01\n'
		printf 'Comment: The thread-safe PHP of tusk-php8.4, from the source package php8.4.\n'
		printf ' This product includes PHP software, freely available from <http://www.php.net/software/>.\n'
		printf ' README.REDIST.BINS in /usr/share/doc/tusk-php8.4 has the licences of the parts that are by others.\n'
		printf '\nFiles: php/Zend\nCopyright: 1999-2026 Zend Technologies Ltd.\nLicense: Zend-2.00\n'
		license PHP-3.01 "$php/LICENSE"
		license Zend-2.00 "$php/LICENSE.Zend"
	} >"debian/$(basename "$package").copyright"
done

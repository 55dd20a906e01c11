# shellcheck shell=bash
# The service's group, an application, a certificate of certbot's that only root can read, and what `make build` makes.
mkdir -p /mnt/etc /mnt/etc-work # what is written below /etc goes nowhere
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/etc-work /etc
getent group tusk >/dev/null || groupadd --system tusk
mkdir -p /etc/tusk /srv/shop/public /var/lib/tusk/sessions /var/lib/tusk/crashes # the service has them
touch /srv/shop/artisan
echo '<?php echo "shop";' >/srv/shop/public/index.php
mkdir -m 700 -p /etc/letsencrypt/live/www.example.org /etc/letsencrypt/archive/www.example.org
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=www.example.org \
  -addext subjectAltName=DNS:www.example.org -keyout /etc/letsencrypt/archive/www.example.org/privkey1.pem \
  -out /etc/letsencrypt/archive/www.example.org/fullchain1.pem 2>/dev/null
for name in privkey fullchain; do
  ln -s "../../archive/www.example.org/${name}1.pem" "/etc/letsencrypt/live/www.example.org/$name.pem"
done
mkdir build
ln -s "$(dirname "$(readlink -f "$PROGRAMS/tusk")")" build/release

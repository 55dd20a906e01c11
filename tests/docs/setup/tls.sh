# shellcheck shell=bash
mkdir -p /mnt/ssl /mnt/ssl-work # what is written below /etc/ssl goes nowhere
mount -t overlay overlay -o lowerdir=/etc/ssl,upperdir=/mnt/ssl,workdir=/mnt/ssl-work /etc/ssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=example.org \
  -addext subjectAltName=DNS:example.org -keyout /etc/ssl/example.org.key -out /etc/ssl/example.org.pem 2>/dev/null

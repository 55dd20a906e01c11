<?php // Names of services and protocols, many at once.
$known = ['http' => 80, 'https' => 443, 'ssh' => 22, 'smtp' => 25, 'domain' => 53];
$wrong = 0;
for ($i = 0; $i < 3000; $i++) {
    foreach ($known as $name => $port) {
        $wrong += getservbyname($name, 'tcp') !== $port;
        $wrong += getservbyport($port, 'tcp') !== $name;
    }
    $wrong += getprotobyname('tcp') !== 6 || getprotobynumber(17) !== 'udp';
}
echo $wrong ? "$wrong wrong" : 'right';

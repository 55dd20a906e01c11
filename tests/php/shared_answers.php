<?php
// Queries libc's databases again and again; prints wrong answers by function.
$services = ['http' => 80, 'https' => 443, 'ssh' => 22, 'smtp' => 25, 'domain' => 53, 'ftp' => 21,
    'telnet' => 23, 'imaps' => 993];
$protocols = ['icmp' => 1, 'tcp' => 6, 'udp' => 17, 'igmp' => 2, 'gre' => 47, 'esp' => 50];
$services = array_filter($services, fn ($port, $name) => getservbyname($name, 'tcp') === $port, ARRAY_FILTER_USE_BOTH);
$protocols = array_filter($protocols, fn ($number, $name) => getprotobyname($name) === $number, ARRAY_FILTER_USE_BOTH);
if (count($services) < 4 || count($protocols) < 3) {
    exit('this machine has no /etc/services or no /etc/protocols');
}
$wrong = ['getservbyname' => 0, 'getservbyport' => 0, 'getprotobyname' => 0, 'getprotobynumber' => 0];
$calls = 0;
while ($calls < $_GET['calls']) {
    foreach ($services as $name => $port) {
        $wrong['getservbyname'] += getservbyname($name, 'tcp') !== $port;
        $wrong['getservbyport'] += getservbyport($port, 'tcp') !== $name;
        $calls += 2;
    }
    foreach ($protocols as $name => $number) {
        $wrong['getprotobyname'] += getprotobyname($name) !== $number;
        $wrong['getprotobynumber'] += getprotobynumber($number) !== $name;
        $calls += 2;
    }
}
echo json_encode($wrong);

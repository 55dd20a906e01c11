"""The peers, in the order in which they are measured and shown."""

from peers.debian_php import NginxFpmDebian, TuskDebian
from peers.frankenphp import FrankenPhp
from peers.libphp_alone import LibphpAlone
from peers.nginx_files import NginxFiles
from peers.nginx_fpm import NginxFpm
from peers.peer import Peer
from peers.tusk import Tusk, TuskProcesses, TuskResident

# All peers are compared with the first of these that takes part.
BASELINES = ("nginx-fpm", "nginx-fpm-debian", "nginx-files", "tusk-ext")

PEERS: dict[str, Peer] = {peer.key: peer for peer in (
    Tusk("stub"), Tusk("ext"), TuskProcesses(), Tusk("php"), TuskResident(), FrankenPhp(), NginxFpm(),
    NginxFpm(kept=True), TuskDebian(), NginxFpmDebian(), NginxFiles(), LibphpAlone())}
# Measured only where --only names it.
ON_REQUEST = ("nginx-fpm-kept",)

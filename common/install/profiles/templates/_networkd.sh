# The network of the installed system as systemd-networkd keeps it: it knows interfaces by their addresses, and bonds and
# VLANs without more packages. Interfaces are matched by what is burnt in, which a bond or a VLAN over them has not.
{{#if network.bond}}
lab_write /etc/systemd/network/10-lab-bond.netdev 644 <<'LAB_END'
[NetDev]
Name={{ network.bond.name | word }}
Kind=bond

[Bond]
Mode={{ network.bond.mode | word }}
MIIMonitorSec=100ms
LAB_END
{{#each network.bond.ports as port}}
lab_write /etc/systemd/network/20-lab-port{{ port.number | number }}.network 644 <<'LAB_END'
[Match]
PermanentMACAddress={{ port.mac | word }}

[Network]
Bond={{ network.bond.name | word }}
LAB_END
{{/each}}
lab_write /etc/systemd/network/30-lab.network 644 <<'LAB_END'
[Match]
Name={{ network.bond.name | word }}

[Network]
{{#if network.vlan}}
VLAN={{ network.vlan.name | word }}
LinkLocalAddressing=no
{{else}}
{{> _networkdAddress.sh}}
{{/if}}
LAB_END
{{else}}
lab_write /etc/systemd/network/30-lab.network 644 <<'LAB_END'
[Match]
PermanentMACAddress={{ network.mac | word }}

[Network]
{{#if network.vlan}}
VLAN={{ network.vlan.name | word }}
LinkLocalAddressing=no
{{else}}
{{> _networkdAddress.sh}}
{{/if}}
LAB_END
{{/if}}
{{#if network.vlan}}
lab_write /etc/systemd/network/10-lab-vlan.netdev 644 <<'LAB_END'
[NetDev]
Name={{ network.vlan.name | word }}
Kind=vlan

[VLAN]
Id={{ network.vlan.id | number }}
LAB_END
lab_write /etc/systemd/network/40-lab-vlan.network 644 <<'LAB_END'
[Match]
Name={{ network.vlan.name | word }}

[Network]
{{> _networkdAddress.sh}}
LAB_END
{{/if}}
{{#if ntp}}
lab_write /etc/systemd/timesyncd.conf.d/lab.conf 644 <<'LAB_END'
[Time]
NTP={{#each ntp as server}} {{ server | word }}{{/each}}
LAB_END
{{/if}}
# One of them alone may have the interface.
if [ -e "$LAB_TARGET/etc/network/interfaces" ]; then
  printf 'auto lo\niface lo inet loopback\n' | lab_write /etc/network/interfaces 644
fi
lab_in systemctl enable systemd-networkd
if [ -e "$LAB_TARGET/lib/systemd/system/systemd-resolved.service" ]; then
  lab_in systemctl enable systemd-resolved
else
  lab_write /etc/resolv.conf 644 <<'LAB_END'
{{#each network.dns as server}}
nameserver {{ server | word }}
{{/each}}
LAB_END
fi

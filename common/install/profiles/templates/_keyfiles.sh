# The network of the installed system as NetworkManager keeps it. DHCP on the interface itself needs no more than what the
# installer has left.
{{#if network.isSaid}}
rm -f "$LAB_TARGET"/etc/NetworkManager/system-connections/*.nmconnection
{{#if network.bond}}
{{#each network.bond.ports as port}}
lab_write /etc/NetworkManager/system-connections/lab-port{{ port.number | number }}.nmconnection 600 <<'LAB_END'
[connection]
id=lab-port{{ port.number | number }}
uuid={{ port.uuid | word }}
type=ethernet
controller={{ network.bond.name | word }}
port-type=bond

[ethernet]
mac-address={{ port.mac | word }}
LAB_END
{{/each}}
lab_write /etc/NetworkManager/system-connections/lab-bond.nmconnection 600 <<'LAB_END'
[connection]
id=lab-bond
type=bond
interface-name={{ network.bond.name | word }}

[bond]
mode={{ network.bond.mode | word }}
miimon=100

{{#if network.onBond}}
{{> _keyfileAddress.sh}}
{{else}}
[ipv4]
method=disabled

[ipv6]
method=disabled
{{/if}}
LAB_END
{{else}}
lab_write /etc/NetworkManager/system-connections/lab.nmconnection 600 <<'LAB_END'
[connection]
id=lab
uuid={{ network.uuid | word }}
type=ethernet

[ethernet]
mac-address={{ network.mac | word }}

{{#if network.onNic}}
{{> _keyfileAddress.sh}}
{{else}}
[ipv4]
method=disabled

[ipv6]
method=disabled
{{/if}}
LAB_END
{{/if}}
{{#if network.vlan}}
lab_write /etc/NetworkManager/system-connections/lab-vlan.nmconnection 600 <<'LAB_END'
[connection]
id=lab-vlan
type=vlan
interface-name={{ network.vlan.name | word }}

[vlan]
id={{ network.vlan.id | number }}
parent={{#if network.bond}}{{ network.bond.name | word }}{{else}}{{ network.uuid | word }}{{/if}}

{{> _keyfileAddress.sh}}
LAB_END
{{/if}}
{{/if}}

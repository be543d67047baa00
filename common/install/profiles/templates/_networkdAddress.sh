{{#if network.dhcp}}
DHCP=yes
{{else}}
{{#if network.ipv4}}
Address={{ network.ipv4 | word }}
{{/if}}
{{#if network.ipv6}}
Address={{ network.ipv6 | word }}
{{/if}}
{{#if network.gateway}}
Gateway={{ network.gateway | word }}
{{/if}}
{{/if}}
{{#each network.dns as server}}
DNS={{ server | word }}
{{/each}}
{{#if network.dhcp}}

[DHCPv4]
# As firmware and ramdisk name the machine, whose address it keeps so.
ClientIdentifier=mac
{{/if}}

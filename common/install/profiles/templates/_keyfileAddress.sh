[ipv4]
{{#if network.ipv4}}
method=manual
address1={{ network.ipv4 | word }}{{#if network.gateway}},{{ network.gateway | word }}{{/if}}
{{else}}
method={{#if network.dhcp}}auto{{else}}disabled{{/if}}
{{/if}}
{{#if network.dns4}}
dns={{#each network.dns4 as server}}{{ server | word }};{{/each}}
{{/if}}

[ipv6]
{{#if network.ipv6}}
method=manual
address1={{ network.ipv6 | word }}{{#if network.gateway}},{{ network.gateway | word }}{{/if}}
{{else}}
method=auto
{{/if}}
{{#if network.dns6}}
dns={{#each network.dns6 as server}}{{ server | word }};{{/each}}
{{/if}}

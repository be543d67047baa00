#!/bin/sh
# Takes what a DHCP server says: udhcpc runs it with all of that in its environment.
# shellcheck shell=dash disable=SC2154
case $1 in
  deconfig) ip addr flush dev "$interface" scope global ;;
  bound | renew)
    ip addr replace "$ip/${mask:-24}" dev "$interface"
    for gateway in ${router:-}; do
      ip route replace default via "$gateway" dev "$interface"
      break
    done
    : >/etc/resolv.conf
    for server in ${dns:-}; do echo "nameserver $server" >>/etc/resolv.conf; done
    [ -z "${serverid:-}" ] || echo "$serverid" >/run/lab/dhcp-server
    ;;
esac

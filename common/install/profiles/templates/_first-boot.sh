#!/bin/sh
# Tells the bastion that the installed system has started, and that it is done; then it takes itself away, and the token.
set -u
LAB_DIR=/var/lib/lab/install
LAB_SEQ=1000000
. "$LAB_DIR/lab.sh"
lab_start
lab_progress first-boot "$(uname -sr)"
lab_address=$(ip -o addr show scope global 2>/dev/null | sed -n '1s/.* inet6\{0,1\} \([^ /]*\).*/\1/p')
lab_os=$(. /etc/os-release && echo "$PRETTY_NAME")
lab_more=",\"state\":\"installed\",\"hostname\":\"$(lab_text "$(uname -n)")\",\"os\":\"$(lab_text "$lab_os")\""
[ -z "$lab_address" ] || lab_more="$lab_more,\"ip\":\"$lab_address\""
mkdir -p "$LAB_DIR/ended"
lab_say done "$lab_more"
while lab_waits && [ ! -e "$LAB_DIR/gone" ]; do
  sleep 2
done
rm -rf /var/lib/lab /etc/systemd/system/multi-user.target.wants/lab-first-boot.service \
  /etc/systemd/system/lab-first-boot.service /usr/local/sbin/lab-first-boot

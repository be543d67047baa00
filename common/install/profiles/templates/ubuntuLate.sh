# Ends an install by Ubuntu's installer: configures the system that is there now, and reports before the reboot.
. /tmp/lab/lab.sh
lab_trap late
lab_progress post
LAB_TARGET=/target
# The installer's own network would take the interface as well.
rm -f /target/etc/netplan/*.yaml
{{> _system.sh}}

lab_progress reboot
lab_quietly lab_flush 300
: >/tmp/lab/finished

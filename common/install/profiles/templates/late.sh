# Ends an install by Debian's installer: configures the system that is there now, and reports before the reboot.
. /tmp/lab/lab.sh
lab_trap late
lab_progress post
LAB_TARGET=/target
for lab_folder in proc sys dev; do
  grep -q " /target/$lab_folder " /proc/mounts || mount -o bind "/$lab_folder" "/target/$lab_folder"
done
{{> _system.sh}}
lab_write /etc/apt/sources.list.d/security.list 644 <<'LAB_END'
deb http://security.debian.org/debian-security {{ parameters.suite | word }}-security main non-free-firmware
LAB_END

lab_progress reboot
lab_quietly lab_flush 300
: >/tmp/lab/finished

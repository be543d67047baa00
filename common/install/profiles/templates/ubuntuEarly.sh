# Begins an install by Ubuntu's installer: finds the very disk, and names it to the installer, which reads its orders anew.
mkdir -p /tmp/lab
cat >/tmp/lab/lab.sh <<'LAB_END'
{{> _lab.sh}}
LAB_END
. /tmp/lab/lab.sh
lab_start
lab_trap early
lab_progress pre "$(uname -r)"
lab_follow /var/log/installer/subiquity-server-debug.log /var/log/installer/curtin-install.log

lab_progress disk
{{> _disk.sh}}
lab_quietly lab_find_disk
lab_log "lab: installs to /dev/$LAB_DISK"
sed -i "s|/dev/the-disk-that-was-chosen|/dev/$LAB_DISK|" /autoinstall.yaml
grep -q "/dev/$LAB_DISK" /autoinstall.yaml
lab_progress partition "/dev/$LAB_DISK"
lab_progress packages

# Runs just before Debian's installer partitions: finds the very disk, and names it to the installer.
. /tmp/lab/lab.sh
lab_trap partman
lab_progress disk
{{> _disk.sh}}
lab_quietly lab_find_disk
lab_log "lab: installs to /dev/$LAB_DISK"

lab_progress partition "/dev/$LAB_DISK"
# What an earlier system left would hold the disk.
for lab_array in /dev/md[0-9]*; do
  [ ! -b "$lab_array" ] || mdadm --stop "$lab_array" || :
done
vgchange -an 2>/dev/null || :
# Signatures of RAID and LVM stand at the beginning of partitions, and would be found again at the same places.
for lab_part in "/dev/$LAB_DISK"?*; do
  [ ! -b "$lab_part" ] || dd if=/dev/zero of="$lab_part" bs=1M count=4 2>/dev/null || :
done
dd if=/dev/zero of="/dev/$LAB_DISK" bs=1M count=4
debconf-set partman-auto/disk "/dev/$LAB_DISK"
debconf-set grub-installer/bootdev "/dev/$LAB_DISK"

#!/bin/sh
# Writes an image to the disk that was chosen: a tarball of a root file system, which gets GPT, an EFI partition and GRUB, or
# a raw image of a disk. It runs in the bastion's ramdisk.
# {{ profile.title | comment }} on {{ machine.name | comment }}, a {{ machine.vendor | comment }} {{ machine.product | comment }}
mkdir -p /tmp/lab
cat >/tmp/lab/lab.sh <<'LAB_END'
{{> _lab.sh}}
LAB_END
. /tmp/lab/lab.sh
lab_start
lab_trap install
lab_progress pre "$(uname -r)"

lab_progress disk
{{> _disk.sh}}
lab_quietly lab_find_disk
LAB_DEVICE=/dev/$LAB_DISK
lab_log "lab: installs to $LAB_DEVICE"

LAB_IMAGE={{ image.url | sh }}

# lab_image: the image as it is, its compression taken off; what came is summed up on the way.
lab_image() { wget -q -O - "$LAB_IMAGE" | tee /tmp/lab/sum | lab_unpack; }

# lab_sum: reads beside it, and is waited for by its number: what sends the log runs beside this script until its end.
lab_sum() {
  rm -f /tmp/lab/sum
  mkfifo /tmp/lab/sum
  sha256sum </tmp/lab/sum >/tmp/lab/sum.txt &
  lab_summing=$!
}

lab_unpack() {
  case $LAB_IMAGE in
    *.gz | *.tgz) gzip -dc ;;
    *.xz | *.txz) xz -dc ;;
    *.zst) zstd -dcq ;;
    *) cat ;;
  esac
}

lab_image_is_whole() {
  wait "$lab_summing"
{{#if image.sha256}}
  [ "$(cut -d ' ' -f 1 /tmp/lab/sum.txt)" = {{ image.sha256 | word }} ]
{{/if}}
}

lab_progress partition "$LAB_DEVICE"
for lab_part in "$LAB_DEVICE"?*; do
  [ ! -b "$lab_part" ] || dd if=/dev/zero of="$lab_part" bs=1M count=4 2>/dev/null || :
done
dd if=/dev/zero of="$LAB_DEVICE" bs=1M count=4 2>/dev/null
case $LAB_DISK in
  *[0-9]) lab_p=${LAB_DEVICE}p ;;
  *) lab_p=$LAB_DEVICE ;;
esac
LAB_TARGET=/tmp/target
mkdir -p "$LAB_TARGET"
{{#if image.raw}}

lab_progress image
lab_sum
lab_image | dd of="$LAB_DEVICE" bs=4M conv=fsync 2>/dev/null
lab_image_is_whole
blockdev --rereadpt "$LAB_DEVICE" || :
sleep 2
# Its root is the partition that has one.
for lab_part in "$lab_p"[0-9]*; do
  mount "$lab_part" "$LAB_TARGET" 2>/dev/null || continue
  [ ! -e "$LAB_TARGET/etc/os-release" ] || break
  umount "$LAB_TARGET"
done
[ -e "$LAB_TARGET/etc/os-release" ]
lab_grow() {
  umount "$LAB_TARGET"
  sfdisk --quiet --relocate gpt-bak-std "$LAB_DEVICE" || :
  echo ', +' | sfdisk --quiet --no-reread -N "${lab_part#"$lab_p"}" "$LAB_DEVICE" || :
  blockdev --rereadpt "$LAB_DEVICE" || :
  sleep 2
  mount "$lab_part" "$LAB_TARGET"
}
lab_grow
{{else}}
# Both kinds of firmware can boot it.
sfdisk --quiet --wipe always "$LAB_DEVICE" <<'LAB_END'
label: gpt
size=1MiB, type=21686148-6449-6E6F-744E-656564454649
size=512MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=ESP
type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=root
LAB_END
sleep 2
mkfs.vfat -F 32 -n EFI "${lab_p}2"
# GRUB before 2.12 reads none with a seed for its checksums, which newer mkfs.ext4 sets.
mkfs.ext4 -F -q -O ^metadata_csum_seed -L root "${lab_p}3"

lab_progress image
mount -t ext4 "${lab_p}3" "$LAB_TARGET"
lab_sum
lab_image | tar -x -p -C "$LAB_TARGET" -f -
lab_image_is_whole
mkdir -p "$LAB_TARGET/boot/efi"
mount -t vfat "${lab_p}2" "$LAB_TARGET/boot/efi"
{{/if}}

lab_progress post
# What makes a machine of an image once more would undo what is configured here.
: >"$LAB_TARGET/etc/machine-id"
rm -f "$LAB_TARGET"/etc/netplan/*.yaml
[ ! -d "$LAB_TARGET/etc/cloud" ] || : >"$LAB_TARGET/etc/cloud/cloud-init.disabled"
for lab_folder in proc sys dev run; do
  mkdir -p "$LAB_TARGET/$lab_folder"
  mount -o bind "/$lab_folder" "$LAB_TARGET/$lab_folder"
done
{{#if image.raw}}
chroot "$LAB_TARGET" resize2fs "$lab_part" || lab_log 'lab: the root file system keeps the size of the image'
{{else}}
# The system's own: Debian's busybox has none.
lab_uuid() { chroot "$LAB_TARGET" /usr/bin/env blkid -s UUID -o value "$1"; }
lab_root=$(lab_uuid "${lab_p}3")
lab_esp=$(lab_uuid "${lab_p}2")
cat >"$LAB_TARGET/etc/fstab" <<LAB_END
UUID=$lab_root / ext4 defaults 0 1
UUID=$lab_esp /boot/efi vfat umask=0077 0 2
LAB_END
# Disks change their names; without this, which udev would make, GRUB would have the kernel look for its root by name.
mkdir -p /dev/disk/by-uuid
ln -sf "${lab_p}3" "/dev/disk/by-uuid/$lab_root"
mkdir -p "$LAB_TARGET/etc/default/grub.d"
# Each start of a machine that nobody looks at waits for the menu.
printf 'GRUB_CMDLINE_LINUX="%s"\nGRUB_TIMEOUT=2\n' {{ consoleArguments | sh }} >"$LAB_TARGET/etc/default/grub.d/lab.cfg"
if [ -d /sys/firmware/efi ]; then
  chroot "$LAB_TARGET" grub-install --target=x86_64-efi --efi-directory=/boot/efi --no-nvram --bootloader-id=lab
  # Also where firmware looks that forgets its entries. The signed loader comes first where the system has it.
  lab_efi=$LAB_TARGET/boot/efi/EFI
  mkdir -p "$lab_efi/BOOT"
  cp "$lab_efi"/lab/* "$lab_efi/BOOT/"
  for lab_loader in grubx64.efi shimx64.efi; do
    [ ! -e "$lab_efi/lab/$lab_loader" ] || cp "$lab_efi/lab/$lab_loader" "$lab_efi/BOOT/BOOTX64.EFI"
  done
  efibootmgr -q -c -d "$LAB_DEVICE" -p 2 -L lab -l '\EFI\lab\grubx64.efi' ||
    lab_log 'lab: the firmware did not take a boot entry'
else
  chroot "$LAB_TARGET" grub-install --target=i386-pc "$LAB_DEVICE"
fi
chroot "$LAB_TARGET" grub-mkconfig -o /boot/grub/grub.cfg
{{/if}}
{{> _system.sh}}

lab_progress reboot
lab_quietly lab_flush 300
sync
: >/tmp/lab/finished
# What is below it first, and no more: umount -a -r may leave /proc read-only, by which the machine starts again.
for lab_folder in boot/efi proc sys dev run; do
  umount "$LAB_TARGET/$lab_folder" 2>/dev/null || umount -l "$LAB_TARGET/$lab_folder" 2>/dev/null || :
done
umount "$LAB_TARGET" 2>/dev/null || mount -o remount,ro "$LAB_TARGET" 2>/dev/null || :
lab_reboot

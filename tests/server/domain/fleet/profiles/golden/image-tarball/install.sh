#!/bin/sh
# Writes an image to the disk that was chosen: a tarball of a root file system, which gets GPT, an EFI partition and GRUB, or
# a raw image of a disk. It runs in the bastion's ramdisk.
# Image of a root file system or a disk on image-tarball, a Micro Computer (HK) Tech Limited MS-01
mkdir -p /tmp/lab
cat >/tmp/lab/lab.sh <<'LAB_END'
# How an installer tells the bastion what it does. POSIX sh, which bash, dash and busybox read; every script sources it.
#
# lab_progress and lab_log write into a folder, and one process in the background sends what is there, in order: the bastion
# never holds an installer up. Callbacks are counted, since the bastion takes one that does not go up for a repetition.
LAB_URL=http://10.77.0.1:8080
LAB_MAC=38:05:25:33:e2:e4
LAB_TOKEN=c2VjcmV0LXRva2Vu
: "${LAB_DIR:=/tmp/lab}" "${LAB_SEQ:=10}" "${LAB_OUT:=}"
# Bytes of a log that wait to be sent before some are left out.
: "${LAB_BEHIND:=4000000}"
export LAB_DIR LAB_SEQ

# Whatever is no plain character would have to be escaped in JSON.
lab_text() {
  printf '%s' "$*" | tr -c '\040-\176' ' ' | cut -c1-1800 | sed 's/\\/\\\\/g; s/"/\\"/g'
}

lab_lock() {
  lab_tries=0
  until mkdir "$LAB_DIR/lock" 2>/dev/null || [ "$lab_tries" -ge 10 ]; do
    lab_tries=$((lab_tries + 1))
    sleep 1
  done
}

# lab_say STAGE MORE: MORE is of JSON, and begins with a comma.
lab_say() {
  lab_lock
  lab_number=$(($(cat "$LAB_DIR/seq" 2>/dev/null || echo "$LAB_SEQ") + 1))
  echo "$lab_number" >"$LAB_DIR/seq"
  lab_name=$(printf '%09d' "$lab_number")
  printf '{"mac":"%s","stage":"%s","seq":%d%s}\n' "$LAB_MAC" "$1" "$lab_number" "$2" >"$LAB_DIR/$lab_name"
  mv "$LAB_DIR/$lab_name" "$LAB_DIR/out/$lab_name.json"
  echo "$1" >"$LAB_DIR/stage"
  rmdir "$LAB_DIR/lock" 2>/dev/null || :
}

# lab_quietly COMMAND…: without its commands in the log.
lab_quietly() {
  case $- in
    *x*)
      { set +x; } 2>/dev/null
      "$@"
      set -x
      ;;
    *) "$@" ;;
  esac
}

lab_told() {
  lab_log "== $1${2:+: $2}"
  lab_say "$1" ",\"message\":\"$(lab_text "${2:-}")\""
}

# lab_progress STAGE [MESSAGE]
lab_progress() { lab_quietly lab_told "$@"; }

lab_log() { printf '%s\n' "$*" >>"$LAB_DIR/log"; }
bastion_log() { lab_log "$@"; }

# lab_follow FILE…: sends what is written to them from now on.
lab_follow() { printf '%s\n' "$@" >>"$LAB_DIR/follow"; }

# lab_post PATH TYPE FILE: prints the status of the answer, and nothing where there was none.
lab_post() {
  if command -v curl >/dev/null 2>&1; then
    curl -s -m 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $LAB_TOKEN" -H "Content-Type: $2" \
      --data-binary "@$3" "$LAB_URL$1" || :
  else
    { lab_wget -S -O /dev/null --header "Authorization: Bearer $LAB_TOKEN" --header "Content-Type: $2" \
      --post-file "$3" "$LAB_URL$1" 2>&1 || :; } | sed -n 's/.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' | tail -n 1
  fi
}

# Busybox's own time limit is a crash in Debian's static build of it.
lab_wget() {
  case $(wget --version 2>&1) in
    *GNU*) wget -T 20 -t 1 "$@" ;;
    *) timeout 30 wget "$@" ;;
  esac
}

# lab_sent PATH TYPE FILE: 0 once it need not be sent again. After a 410 the attempt is over, and nothing counts any more.
lab_sent() {
  case $(lab_post "$@") in
    410) : >"$LAB_DIR/gone" ;;
    408 | 429) return 1 ;;
    2?? | 4??) return 0 ;;
    *) return 1 ;;
  esac
}

lab_send_progress() {
  for lab_file in "$LAB_DIR"/out/*.json; do
    [ -e "$lab_file" ] || return 0
    lab_sent /api/progress application/json "$lab_file" || return 1
    rm -f "$lab_file"
  done
}

# lab_send_log FILE: its next whole lines.
lab_send_log() {
  [ -r "$1" ] || return 0
  lab_mark=$LAB_DIR/marks/$(printf '%s' "$1" | tr -c 'A-Za-z0-9' _)
  # Where it is read from, and how many bytes went before: of a file that is begun anew, these go on.
  { read -r lab_from lab_place <"$lab_mark"; } 2>/dev/null || lab_from=0 lab_place=0
  lab_size=$(wc -c <"$1")
  # It was begun anew.
  [ "$lab_size" -ge "$lab_from" ] || lab_from=0
  if [ $((lab_size - lab_from)) -gt "$LAB_BEHIND" ]; then
    lab_log "lab: $((lab_size - lab_from - 65536)) bytes of $1 are left out, since they came faster than they could be sent"
    lab_place=$((lab_place + lab_size - 65536 - lab_from))
    lab_from=$((lab_size - 65536))
    # What is left out is left out once, also when what follows is sent again.
    echo "$lab_from $lab_place" >"$lab_mark"
  fi
  tail -c "+$((lab_from + 1))" "$1" | head -c 65536 >"$LAB_DIR/raw"
  lab_lines=$(wc -l <"$LAB_DIR/raw")
  [ "$lab_lines" -le 2000 ] || lab_lines=2000
  if [ "$lab_lines" -gt 0 ]; then
    head -n "$lab_lines" "$LAB_DIR/raw" >"$LAB_DIR/batch"
  elif [ "$(wc -c <"$LAB_DIR/raw")" -eq 65536 ]; then
    cp "$LAB_DIR/raw" "$LAB_DIR/batch"
  else
    return 0
  fi
  lab_name=${1##*/}
  # What debconf and its clients say to each other would bury the rest.
  sed "/ \(debconf\|frontend\): \(-->\|<--\) /d; s|^|${lab_name%.log}: |" "$LAB_DIR/batch" >"$LAB_DIR/raw"
  [ ! -s "$LAB_DIR/raw" ] || lab_sent "/api/log?mac=$LAB_MAC&stream=$LAB_SEQ-${lab_mark##*/}&from=$lab_place" text/plain "$LAB_DIR/raw" || return 1
  lab_bytes=$(wc -c <"$LAB_DIR/batch")
  echo "$((lab_from + lab_bytes)) $((lab_place + lab_bytes))" >"$lab_mark"
}

lab_send_logs() {
  while read -r lab_path; do
    lab_send_log "$lab_path" </dev/null || return 1
  done <"$LAB_DIR/follow"
}

lab_sender() {
  # A proxy is for packages.
  unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  while [ -d "$LAB_DIR" ] && [ ! -e "$LAB_DIR/gone" ]; do
    lab_send_progress && lab_send_logs
    sleep 1
  done
  [ ! -e "$LAB_DIR/gone" ] || [ -e "$LAB_DIR/ended" ] || lab_abandoned
}

# The attempt was ended from outside. An installer must not go on writing to the disk.
lab_abandoned() {
  [ "$LAB_SEQ" -eq 10 ] || return 0
  echo 'lab: the install was ended from outside; the machine reboots' >/dev/console
  lab_reboot
}

lab_reboot() {
  sync
  echo b >/proc/sysrq-trigger
}

# lab_background COMMAND: apart from this script, whose output nobody waits for then.
lab_background() {
  lab_setsid=
  ! command -v setsid >/dev/null 2>&1 || lab_setsid=setsid
  # Debconf speaks through the others.
  # shellcheck disable=SC2086
  $lab_setsid sh -c ". \"\$LAB_DIR/lab.sh\"; $1" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- &
}

# Once; $LAB_DIR/lab.sh is this file.
lab_start() {
  mkdir -p "$LAB_DIR/out" "$LAB_DIR/marks"
  [ ! -e "$LAB_DIR/follow" ] || return 0
  lab_follow "$LAB_DIR/log"
  lab_background lab_sender
}

# Whether callbacks wait to be sent. One that was sent meanwhile says nothing of the others.
lab_waits() {
  for lab_waiting in "$LAB_DIR"/out/*.json; do
    [ ! -e "$lab_waiting" ] || return 0
  done
  return 1
}

# lab_flush SECONDS: waits at most that long until all callbacks are sent.
lab_flush() {
  lab_left=$1
  while [ "$lab_left" -gt 0 ] && [ ! -e "$LAB_DIR/gone" ] && lab_waits; do
    lab_left=$((lab_left - 1))
    sleep 1
  done
}

# lab_fail PROBLEM [FILE]: ends the attempt, with the last lines of a file. The first failure counts.
lab_fail() {
  mkdir "$LAB_DIR/ended" 2>/dev/null || return 0
  lab_log "FAILED: $1"
  [ -z "${2:-}" ] || lab_last=$(tail -n 12 "$2" 2>/dev/null | tr '\n' '|')
  lab_problem=$(lab_text "$1${lab_last:+; its last lines: $lab_last}")
  lab_say "$(cat "$LAB_DIR/stage" 2>/dev/null || echo pre)" ",\"state\":\"failed\",\"error\":\"$lab_problem\""
  echo "lab: the install failed: $1" >/dev/console 2>/dev/null || :
  lab_flush 60
}

# lab_trap NAME: from here on every command is in the log, and one that fails ends the attempt with what it was.
lab_trap() {
  LAB_OUT=$LAB_DIR/$1.log
  : >>"$LAB_OUT"
  lab_follow "$LAB_OUT"
  exec >>"$LAB_OUT" 2>&1
  trap 'lab_on_exit "$?"' EXIT
  set -eux
}

lab_on_exit() {
  { set +ex; } 2>/dev/null
  [ "$1" -ne 0 ] || return 0
  lab_command=$(sed -n '/lab_on_exit/!s/^+\{1,\} //p' "$LAB_OUT" | tail -n 1)
  lab_fail "$lab_command: exit code $1" "$LAB_OUT"
  lab_hold
}

# Long enough for somebody to look at the console; then the machine boots as its server's status says.
lab_hold() {
  echo 'lab: the machine reboots in ten minutes' >/dev/console 2>/dev/null || :
  sleep 600
  lab_reboot
}
LAB_END
. /tmp/lab/lab.sh
lab_start
lab_trap install
lab_progress pre "$(uname -r)"

lab_progress disk
# Finds the one disk that was chosen, by what it says of itself, before anything is written. POSIX sh, also busybox;
# it reads sysfs and udev, since an installer may have no lsblk.
LAB_SERIAL=S4EWNX0R123456
LAB_WWN=eui.0025385b11b2c3d4
: "${LAB_SYS:=/sys}"

# Vendors pad serials, and write WWNs with different prefixes.
lab_plain() {
  printf '%s' "$1" | tr 'A-Z' 'a-z' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; s/[[:space:]]\{1,\}/_/g; s/^wwn-//; s/^0x//; s/^naa\.//; s/^eui\.//'
}

# lab_says DISK KIND: what it says of its serial or its WWN, a line each.
lab_says() {
  lab_block=$LAB_SYS/block/$1
  case $2 in
    serial)
      cat "$lab_block/serial" "$lab_block/device/serial" 2>/dev/null || :
      # The page's own header is four bytes.
      tail -c +5 "$lab_block/device/vpd_pg80" 2>/dev/null | tr -d '\000' || :
      # What is plugged in has its number some folders up, below the hubs, which have numbers of their own.
      lab_place=$(readlink -f "$lab_block" || :)
      case $lab_place in
        */usb[0-9]*)
          while [ -n "$lab_place" ] && [ ! -e "$lab_place/idVendor" ]; do lab_place=${lab_place%/*}; done
          cat "$lab_place/serial" 2>/dev/null || :
          ;;
      esac
      lab_asks='s/^ID_SERIAL_SHORT=//p; s/^ID_SCSI_SERIAL=//p; s/^ID_SERIAL=//p'
      ;;
    *)
      cat "$lab_block/wwid" "$lab_block/device/wwid" 2>/dev/null || :
      lab_asks='s/^ID_WWN_WITH_EXTENSION=//p; s/^ID_WWN=//p'
      ;;
  esac
  echo
  udevadm info --query=property --name="/dev/$1" 2>/dev/null | sed -n "$lab_asks" || :
}

# lab_is DISK KIND WANTED
lab_is() {
  lab_says "$1" "$2" | while read -r lab_said; do
    [ -z "$lab_said" ] || [ "$(lab_plain "$lab_said")" != "$(lab_plain "$3")" ] || echo yes
  done | grep -q yes
}

# Whether a disk is the one: all that was chosen by must hold.
lab_is_chosen() {
  [ -z "$LAB_SERIAL" ] || lab_is "$1" serial "$LAB_SERIAL" || return 1
  [ -z "$LAB_WWN" ] || lab_is "$1" wwn "$LAB_WWN" || return 1
  [ -n "$LAB_SERIAL$LAB_WWN" ]
}

# Prints the names of all disks, or of those that are the one.
lab_disks() {
  for lab_one in "$LAB_SYS"/block/*; do
    case ${lab_one##*/} in
      loop* | ram* | zram* | sr* | fd* | dm-* | md* | nbd* | mmcblk*boot* | mmcblk*rpmb | '*') continue ;;
    esac
    # A path of several to one disk, and a slot with nothing in it.
    [ "$(cat "$lab_one/hidden" 2>/dev/null)" != 1 ] || continue
    [ "$(cat "$lab_one/size" 2>/dev/null || echo 0)" -gt 0 ] || continue
    [ "${1:-}" != chosen ] || lab_is_chosen "${lab_one##*/}" || continue
    echo "${lab_one##*/}"
  done
}

# Sets LAB_DISK to its name. Disks come late on some controllers: it waits half a minute.
lab_find_disk() {
  lab_wait=15
  LAB_DISK=$(lab_disks chosen)
  while [ -z "$LAB_DISK" ] && [ "$lab_wait" -gt 0 ]; do
    lab_wait=$((lab_wait - 1))
    sleep 2
    LAB_DISK=$(lab_disks chosen)
  done
  case $LAB_DISK in
    '') lab_no_disk "no disk has the serial ${LAB_SERIAL:-(any)} and the WWN ${LAB_WWN:-(any)}; there are:" ;;
    *[!a-zA-Z0-9]*) lab_no_disk "several disks are the chosen one:" ;;
  esac
}

lab_no_disk() {
  for lab_one in $(lab_disks); do
    lab_log "disk $lab_one: serial $(lab_says "$lab_one" serial | tr '\n' ' ') WWN $(lab_says "$lab_one" wwn | tr '\n' ' ')"
  done
  lab_fail "$1 $(lab_disks | tr '\n' ' '); nothing was written"
  exit 1
}
lab_quietly lab_find_disk
LAB_DEVICE=/dev/$LAB_DISK
lab_log "lab: installs to $LAB_DEVICE"

LAB_IMAGE=http://10.77.0.1:8080/files/5e1d/root.tar.xz

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
  [ "$(cut -d ' ' -f 1 /tmp/lab/sum.txt)" = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ]
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

lab_progress post
# What makes a machine of an image once more would undo what is configured here.
: >"$LAB_TARGET/etc/machine-id"
rm -f "$LAB_TARGET"/etc/netplan/*.yaml
[ ! -d "$LAB_TARGET/etc/cloud" ] || : >"$LAB_TARGET/etc/cloud/cloud-init.disabled"
for lab_folder in proc sys dev run; do
  mkdir -p "$LAB_TARGET/$lab_folder"
  mount -o bind "/$lab_folder" "$LAB_TARGET/$lab_folder"
done
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
printf 'GRUB_CMDLINE_LINUX="%s"\nGRUB_TIMEOUT=2\n' 'console=ttyS0,115200n8 console=tty0' >"$LAB_TARGET/etc/default/grub.d/lab.cfg"
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
# Configures the system that was installed below $LAB_TARGET, stage by stage. POSIX sh, also busybox; what it needs of the
# system is run inside it.

# lab_in COMMAND…: the system's own program. Without a path busybox would take what it has by that name itself.
lab_in() { chroot "$LAB_TARGET" /usr/bin/env "$@"; }

# lab_write PATH MODE: a file of the system, from what comes in.
lab_write() {
  mkdir -p "$LAB_TARGET${1%/*}"
  cat >"$LAB_TARGET$1"
  chmod "$2" "$LAB_TARGET$1"
}

# lab_authorize USER: its SSH keys, from what comes in.
lab_authorize() {
  lab_home=$(lab_in getent passwd "$1" | cut -d: -f6)
  mkdir -p "$LAB_TARGET$lab_home/.ssh"
  cat >>"$LAB_TARGET$lab_home/.ssh/authorized_keys"
  chmod 700 "$LAB_TARGET$lab_home/.ssh"
  chmod 600 "$LAB_TARGET$lab_home/.ssh/authorized_keys"
  lab_in chown -R "$1:" "$lab_home/.ssh"
}

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

lab_progress hostname
lab_write /etc/hostname 644 <<'LAB_END'
image-tarball
LAB_END
lab_write /etc/hosts 644 <<'LAB_END'
127.0.0.1 localhost
127.0.1.1 image-tarball

::1 localhost ip6-localhost ip6-loopback
LAB_END

lab_progress network
# The network of the installed system as systemd-networkd keeps it: it knows interfaces by their addresses, and bonds and
# VLANs without more packages. Interfaces are matched by what is burnt in, which a bond or a VLAN over them has not.
lab_write /etc/systemd/network/10-lab-bond.netdev 644 <<'LAB_END'
[NetDev]
Name=bond0
Kind=bond

[Bond]
Mode=802.3ad
MIIMonitorSec=100ms
LAB_END
lab_write /etc/systemd/network/20-lab-port1.network 644 <<'LAB_END'
[Match]
PermanentMACAddress=38:05:25:33:e2:e4

[Network]
Bond=bond0
LAB_END
lab_write /etc/systemd/network/20-lab-port2.network 644 <<'LAB_END'
[Match]
PermanentMACAddress=38:05:25:33:e2:e5

[Network]
Bond=bond0
LAB_END
lab_write /etc/systemd/network/30-lab.network 644 <<'LAB_END'
[Match]
Name=bond0

[Network]
VLAN=vlan12
LinkLocalAddressing=no
LAB_END
lab_write /etc/systemd/network/10-lab-vlan.netdev 644 <<'LAB_END'
[NetDev]
Name=vlan12
Kind=vlan

[VLAN]
Id=12
LAB_END
lab_write /etc/systemd/network/40-lab-vlan.network 644 <<'LAB_END'
[Match]
Name=vlan12

[Network]
DHCP=yes

[DHCPv4]
# As firmware and ramdisk name the machine, whose address it keeps so.
ClientIdentifier=mac
LAB_END
# One of them alone may have the interface.
if [ -e "$LAB_TARGET/etc/network/interfaces" ]; then
  printf 'auto lo\niface lo inet loopback\n' | lab_write /etc/network/interfaces 644
fi
lab_in systemctl enable systemd-networkd
if [ -e "$LAB_TARGET/lib/systemd/system/systemd-resolved.service" ]; then
  lab_in systemctl enable systemd-resolved
else
  lab_write /etc/resolv.conf 644 <<'LAB_END'
LAB_END
fi

lab_progress users
lab_in passwd --lock root

lab_progress ssh
[ ! -x "$LAB_TARGET/usr/bin/ssh-keygen" ] || lab_in ssh-keygen -A

lab_progress k3s-prep

lab_progress scripts
mkdir -p "$LAB_TARGET/var/lib/lab"
chmod 700 "$LAB_TARGET/var/lib/lab"

lab_progress efi
lab_boot_order() {
  lab_boots=$(efibootmgr -v)
  lab_current=$(printf '%s\n' "$lab_boots" | sed -n 's/^BootCurrent: //p')
  # Only what came from the network: it is what asks the bastion, which then has the machine boot from its disk.
  printf '%s\n' "$lab_boots" | grep "^Boot$lab_current" | grep -Eiq 'MAC\(|IPv[46]|Uri\(|PXE|HTTP' || return 0
  lab_others=$(printf '%s\n' "$lab_boots" | sed -n 's/^BootOrder: //p' | tr ',' '\n' | grep -v "^$lab_current\$" | tr '\n' ',')
  efibootmgr -q -o "$(printf '%s' "$lab_current,$lab_others" | sed 's/,*$//')"
}
if [ -d /sys/firmware/efi ]; then
  if ! command -v efibootmgr >/dev/null 2>&1; then
    # The installer has none, the system has.
    mount -t efivarfs efivarfs "$LAB_TARGET/sys/firmware/efi/efivars" 2>/dev/null || :
    efibootmgr() { lab_in efibootmgr "$@"; }
  fi
  # Some firmware takes no order; the machine boots all the same.
  lab_boot_order || lab_log 'lab: the firmware did not take the order of its boot entries'
fi

lab_progress metadata
base64 -d <<'LAB_END' | lab_write /etc/lab-install.json 644
ewogICJzZXJ2ZXIiOiAiaW1hZ2UtdGFyYmFsbCIsCiAgInByb2ZpbGUiOiAiaW1hZ2UiLAogICJyZXZpc2lvbiI6ICI0MSIsCiAgImRpc2siOiB7CiAgICAibmFtZSI6ICJudm1lMG4xIiwKICAgICJzZXJpYWwiOiAiUzRFV05YMFIxMjM0NTYiLAogICAgInd3biI6ICJldWkuMDAyNTM4NWIxMWIyYzNkNCIKICB9Cn0K
LAB_END
# Where several disks have a system, the bastion's loader starts the newest one, by the bastion's time: the machine's may be any.
echo 'set lab_installed=1767323045' | lab_write /boot/lab.cfg 644
mkdir -p "$LAB_TARGET/var/lib/lab/install"
chmod 700 "$LAB_TARGET/var/lib/lab/install"
cp "$LAB_DIR/lab.sh" "$LAB_TARGET/var/lib/lab/install/lab.sh"
chmod 600 "$LAB_TARGET/var/lib/lab/install/lab.sh"
lab_write /usr/local/sbin/lab-first-boot 755 <<'LAB_END'
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
LAB_END
lab_write /etc/systemd/system/lab-first-boot.service 644 <<'LAB_END'
[Unit]
Description=Tells the bastion that the installed system has started
Wants=network-online.target
After=network-online.target
ConditionPathExists=/var/lib/lab/install/lab.sh

[Service]
Type=exec
ExecStart=/usr/local/sbin/lab-first-boot
Restart=on-failure
RestartSec=30

[Install]
WantedBy=multi-user.target
LAB_END
mkdir -p "$LAB_TARGET/etc/systemd/system/multi-user.target.wants"
ln -sf ../lab-first-boot.service "$LAB_TARGET/etc/systemd/system/multi-user.target.wants/lab-first-boot.service"
# Anaconda sets the labels of some folders alone, and others not at all.
if [ -x "$LAB_TARGET/usr/sbin/restorecon" ]; then
  lab_in restorecon -RF /etc /home /root /usr/local /var/lib/lab || lab_log 'lab: labels of SELinux could not be set'
fi

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

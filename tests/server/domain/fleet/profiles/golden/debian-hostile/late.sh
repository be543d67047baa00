# Ends an install by Debian's installer: configures the system that is there now, and reports before the reboot.
. /tmp/lab/lab.sh
lab_trap late
lab_progress post
LAB_TARGET=/target
for lab_folder in proc sys dev; do
  grep -q " /target/$lab_folder " /proc/mounts || mount -o bind "/$lab_folder" "/target/$lab_folder"
done
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
debian-hostile
LAB_END
lab_write /etc/hosts 644 <<'LAB_END'
127.0.0.1 localhost
127.0.1.1 debian-hostile

::1 localhost ip6-localhost ip6-loopback
LAB_END

lab_progress network
# The network of the installed system as systemd-networkd keeps it: it knows interfaces by their addresses, and bonds and
# VLANs without more packages. Interfaces are matched by what is burnt in, which a bond or a VLAN over them has not.
lab_write /etc/systemd/network/30-lab.network 644 <<'LAB_END'
[Match]
PermanentMACAddress=38:05:25:33:e2:e4

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
lab_in id -u ada >/dev/null 2>&1 || lab_in useradd --create-home --shell /bin/bash ada
lab_in getent group wheel >/dev/null || lab_in groupadd --system wheel
lab_in usermod --append --groups wheel ada
lab_in getent group video >/dev/null || lab_in groupadd --system video
lab_in usermod --append --groups video ada
lab_write /etc/sudoers.d/lab-ada 440 <<'LAB_END'
ada ALL=(ALL) NOPASSWD: ALL
LAB_END
{
  printf root:
  base64 -d <<'LAB_END'
JDYkcm91bmRzPTUwMDAkYS9iLmMkIidgJChyZWJvb3Qp
LAB_END
  echo
} | lab_in chpasswd --encrypted

lab_progress ssh
[ ! -x "$LAB_TARGET/usr/bin/ssh-keygen" ] || lab_in ssh-keygen -A
lab_authorize ada <<'LAB_END'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1zfTqZy0o5m5fmVQYq3G8o8qv9d3o2bKZ1l5c7pWbE ada@desk
LAB_END

lab_progress k3s-prep

lab_progress scripts
mkdir -p "$LAB_TARGET/var/lib/lab"
chmod 700 "$LAB_TARGET/var/lib/lab"
# The system's own resolver does not run yet.
lab_resolv=$LAB_TARGET/etc/resolv.conf
if ! cat "$lab_resolv" >/dev/null 2>&1; then
  [ ! -L "$lab_resolv" ] || mv "$lab_resolv" "$lab_resolv.lab"
  cp -L /etc/resolv.conf "$lab_resolv"
fi
lab_write /var/lib/lab/script-1 700 <<'LAB_END'
#!/bin/sh
# Runs a script of the profile's parameters as what its own first line says.
set -eu
base64 -d >/var/lib/lab/script <<'LAB_SCRIPT'
IyEvYmluL2Jhc2gKZWNobyAiTEFCX0VORCIKTEFCX0VORApMQUJfU0NSSVBUCiVlbmQKJXBvc3QKJChyZWJvb3QpIHt7IHRva2VuIHwgc2ggfX0K
LAB_SCRIPT
chmod 700 /var/lib/lab/script
case $(head -c 2 /var/lib/lab/script) in
  '#!') exec /var/lib/lab/script ;;
  *) exec sh -e /var/lib/lab/script ;;
esac
LAB_END
lab_in /var/lib/lab/script-1
lab_write /var/lib/lab/script-2 700 <<'LAB_END'
#!/bin/sh
# Runs a script of the profile's parameters as what its own first line says.
set -eu
base64 -d >/var/lib/lab/script <<'LAB_SCRIPT'
ZWNobyAnaXQnJ3MnICIkSE9NRSIgXAogIMO8Cg==
LAB_SCRIPT
chmod 700 /var/lib/lab/script
case $(head -c 2 /var/lib/lab/script) in
  '#!') exec /var/lib/lab/script ;;
  *) exec sh -e /var/lib/lab/script ;;
esac
LAB_END
lab_in /var/lib/lab/script-2
[ ! -L "$lab_resolv.lab" ] || mv "$lab_resolv.lab" "$lab_resolv"

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
ewogICJzZXJ2ZXIiOiAiZGViaWFuLWhvc3RpbGUiLAogICJwcm9maWxlIjogImRlYmlhbi0xMyIsCiAgInJldmlzaW9uIjogIjQxIiwKICAiZGlzayI6IHsKICAgICJuYW1lIjogInNkYSIsCiAgICAic2VyaWFsIjogIlwiOyByZWJvb3Q7ICcgJChyZWJvb3QpIGBpZGAgXFwgJWVuZCAjIHt7IHRva2VuIH19IiwKICAgICJ3d24iOiAiMHg1MDAwJ2M1IgogIH0KfQo=
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
lab_write /etc/apt/sources.list.d/security.list 644 <<'LAB_END'
deb http://security.debian.org/debian-security trixie-security main non-free-firmware
LAB_END

lab_progress reboot
lab_quietly lab_flush 300
: >/tmp/lab/finished

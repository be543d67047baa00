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
{{ host.fqdn | word }}
LAB_END
lab_write /etc/hosts 644 <<'LAB_END'
127.0.0.1 localhost
127.0.1.1 {{ host.fqdn | word }}{{#if host.domain}} {{ host.name | word }}{{/if}}

::1 localhost ip6-localhost ip6-loopback
LAB_END

lab_progress network
{{> _network.sh}}

lab_progress users
{{#each users as user}}
lab_in id -u {{ user.name | word }} >/dev/null 2>&1 || lab_in useradd --create-home --shell /bin/bash {{ user.name | word }}
{{#each user.groups as group}}
lab_in getent group {{ group | word }} >/dev/null || lab_in groupadd --system {{ group | word }}
lab_in usermod --append --groups {{ group | word }} {{ user.name | word }}
{{/each}}
{{#if user.admin}}
lab_write /etc/sudoers.d/lab-{{ user.name | word }} 440 <<'LAB_END'
{{ user.name | word }} ALL=(ALL) NOPASSWD: ALL
LAB_END
{{/if}}
{{/each}}
{{#if root.locked}}
lab_in passwd --lock root
{{else}}
{
  printf root:
  base64 -d <<'LAB_END'
{{ root.password | base64 }}
LAB_END
  echo
} | lab_in chpasswd --encrypted
{{/if}}

lab_progress ssh
[ ! -x "$LAB_TARGET/usr/bin/ssh-keygen" ] || lab_in ssh-keygen -A
{{#if root.sshKeys}}
lab_authorize root <<'LAB_END'
{{#each root.sshKeys as key}}
{{ key | sshKey }}
{{/each}}
LAB_END
{{/if}}
{{#each users as user}}
{{#if user.sshKeys}}
lab_authorize {{ user.name | word }} <<'LAB_END'
{{#each user.sshKeys as key}}
{{ key | sshKey }}
{{/each}}
LAB_END
{{/if}}
{{/each}}

lab_progress k3s-prep
{{#if k3s}}
lab_write /etc/modules-load.d/k3s.conf 644 <<'LAB_END'
br_netfilter
overlay
LAB_END
lab_write /etc/sysctl.d/90-k3s.conf 644 <<'LAB_END'
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288
LAB_END
# Its own rules and a firewall's get in each other's way, and its kubelet refuses to start beside swap.
for lab_unit in firewalld ufw; do
  lab_in systemctl disable "$lab_unit" 2>/dev/null || :
done
sed -i '/[[:space:]]swap[[:space:]]/d' "$LAB_TARGET/etc/fstab"
{{/if}}

lab_progress scripts
mkdir -p "$LAB_TARGET/var/lib/lab"
chmod 700 "$LAB_TARGET/var/lib/lab"
{{#if scripts}}
# The system's own resolver does not run yet.
lab_resolv=$LAB_TARGET/etc/resolv.conf
if ! cat "$lab_resolv" >/dev/null 2>&1; then
  [ ! -L "$lab_resolv" ] || mv "$lab_resolv" "$lab_resolv.lab"
  cp -L /etc/resolv.conf "$lab_resolv"
fi
{{#each scripts as script}}
lab_write /var/lib/lab/script-{{ script.number | number }} 700 <<'LAB_END'
{{> _script.sh}}
LAB_END
lab_in /var/lib/lab/script-{{ script.number | number }}
{{/each}}
[ ! -L "$lab_resolv.lab" ] || mv "$lab_resolv.lab" "$lab_resolv"
{{/if}}

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
{{ metadata | base64 }}
LAB_END
# Where several disks have a system, the bastion's loader starts the newest one, by the bastion's time: the machine's may be any.
echo 'set lab_installed={{ seconds | number }}' | lab_write /boot/lab.cfg 644
mkdir -p "$LAB_TARGET/var/lib/lab/install"
chmod 700 "$LAB_TARGET/var/lib/lab/install"
cp "$LAB_DIR/lab.sh" "$LAB_TARGET/var/lib/lab/install/lab.sh"
chmod 600 "$LAB_TARGET/var/lib/lab/install/lab.sh"
lab_write /usr/local/sbin/lab-first-boot 755 <<'LAB_END'
{{> _first-boot.sh}}
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

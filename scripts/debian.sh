#!/usr/bin/env bash
# What tests need of Debian: packages, the kernel of the ramdisk, the root file system that machines are installed with, and
# Debian's own installer.
# Run by itself it gets all of it, into .lab of the folder that it is run in; sourced it only says how.

# What the postgres, browser, DHCP and boot tests need, and those of what installers are told. Already there: nothing is fetched.
# Names them where they cannot be installed.
debian_packages() {
  local missing=()
  [ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing+=(postgresql)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v curl >/dev/null || missing+=(curl)
  command -v dnsmasq >/dev/null || [ -x /usr/sbin/dnsmasq ] || missing+=(dnsmasq-base)
  command -v ip >/dev/null || [ -x /usr/sbin/ip ] || missing+=(iproute2)
  [ -d /usr/lib/grub/x86_64-efi ] || missing+=(grub-efi-amd64-bin)
  command -v grub-mkstandalone >/dev/null || missing+=(grub-common)
  [ -d /usr/lib/grub/i386-pc ] || missing+=(grub-pc-bin)
  command -v xorriso >/dev/null || missing+=(xorriso)
  command -v mformat >/dev/null || missing+=(mtools)
  [ -e /usr/lib/ipxe/ipxe.lkrn ] || missing+=(ipxe)
  command -v kexec >/dev/null || [ -x /usr/sbin/kexec ] || missing+=(kexec-tools)
  command -v ipmitool >/dev/null || missing+=(ipmitool)
  command -v ipmi_sim >/dev/null || missing+=(openipmi)
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  [ -e /usr/share/OVMF/OVMF_CODE_4M.fd ] || missing+=(ovmf)
  [ -e /bin/busybox ] || missing+=(busybox-static)
  command -v shellcheck >/dev/null || missing+=(shellcheck)
  command -v wget >/dev/null || missing+=(wget)
  command -v debconf-set-selections >/dev/null || missing+=(debconf)
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  # What the ramdisk takes along to write a disk with.
  command -v sfdisk >/dev/null || [ -x /usr/sbin/sfdisk ] || missing+=(fdisk)
  command -v mkfs.vfat >/dev/null || [ -x /usr/sbin/mkfs.vfat ] || missing+=(dosfstools)
  command -v mkfs.ext4 >/dev/null || [ -x /usr/sbin/mkfs.ext4 ] || missing+=(e2fsprogs)
  command -v efibootmgr >/dev/null || missing+=(efibootmgr)
  # Hears switches, and keeps what a test that fails has heard.
  command -v tcpdump >/dev/null || missing+=(tcpdump)
  # What it lets people in by, and what they come with.
  command -v dropbear >/dev/null || [ -x /usr/sbin/dropbear ] || missing+=(dropbear-bin)
  command -v dbclient >/dev/null || missing+=(dropbear-bin)
  # Shells that complete words of lab.
  command -v zsh >/dev/null || missing+=(zsh)
  command -v fish >/dev/null || missing+=(fish)
  # A reader of YAML 1.1.
  [ -e /usr/lib/python3/dist-packages/yaml/__init__.py ] || missing+=(python3-yaml)
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  if ! "${as_root[@]}" true 2>/dev/null; then
    echo "Debian packages are missing, which root alone may install: apt-get install ${missing[*]}" >&2
    return 1
  fi
  # Debian would start a server of its own on port 5432; the tests start theirs.
  "${as_root[@]}" mkdir -p /etc/postgresql-common &&
    { [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null; }
  "${as_root[@]}" apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The kernel of the ramdisk that the boot tests boot, kept for the next run. Debian's package is an empty one that needs it.
debian_kernel() {
  local name
  name=$(apt-cache depends --important linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\).*/\1/p')
  mkdir -p .lab/kernels
  ls .lab/kernels/"${name}"_*.deb >/dev/null 2>&1 || (cd .lab/kernels && apt-get download -qq "$name")
}

# The Debian that the boot tests install, kept for the next run: with what boots it on both kinds of firmware, what it calls
# back with, and nothing else, since an emulated machine writes and starts it. Choosing modules would take it a minute.
debian_root() {
  local root=.lab/roots/root.tar as_root=() release mirror modules=/usr/share/initramfs-tools/modules.d
  [ ! -e "$root" ] || return 0
  mkdir -p .lab/roots
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" | head -n 1)
  "${as_root[@]}" mmdebstrap --quiet --mode=root --variant=essential --format=tar \
    --hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr --dpkgopt=force-unsafe-io \
    --aptopt='APT::Install-Recommends "false"' --essential-hook="mkdir -p \"\$1/etc/initramfs-tools/conf.d\" \"\$1$modules\" &&
      echo MODULES=list >\"\$1/etc/initramfs-tools/conf.d/lab\" && printf '%s\n' virtio_pci virtio_blk ext4 >\"\$1$modules/lab\"" \
    --customize-hook='cd "$1" && rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/info usr/share/perl* usr/bin/perl* \
      usr/lib/*/perl* usr/lib/*/gconv usr/lib/grub/*/monolithic usr/lib/grub/*/*.module usr/lib/udev/hwdb* var/cache/apt var/lib/apt/lists' \
    --customize-hook='find "$1"/usr/lib/modules/*/kernel -type f | grep -vE "/(virtio|ext4|jbd2|mbcache|crc|libcrc|fat|vfat|nls|efi|failover|net_failover|autofs)[^/]*$" |
      xargs rm -f; chroot "$1" depmod "$(ls "$1/usr/lib/modules")"' \
    --include=systemd-sysv,udev,linux-image-cloud-amd64,initramfs-tools,grub2-common,grub-efi-amd64-bin,grub-pc-bin \
    --include=iproute2,passwd,wget,kmod,e2fsprogs "$release" - "$mirror" >"$root.new" &&
    mv "$root.new" "$root"
}

# Debian's own installer as a mirror has it, kept for the next run: a folder to serve, with nothing else of a mirror.
debian_installer() {
  local codename number mirror=.lab/mirror new=.lab/mirror.new images text
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  number=$(. /etc/os-release && echo "$VERSION_ID")
  images=dists/$codename/main/installer-amd64/current/images
  [ ! -e "$mirror/$images" ] || return 0
  rm -rf "$new"
  mkdir -p "$new/package" "$new/tree/$images" && (
    cd "$new" && (cd package && apt-get download -qq "debian-installer-$number-netboot-amd64") &&
      dpkg-deb --fsys-tarfile package/*.deb | tar -x -C package --wildcards '*/text/debian-installer/amd64/linux' '*/text/debian-installer/amd64/initrd.gz' &&
      text=$(find package -path '*/text/debian-installer') && mkdir "tree/$images/netboot" && mv "$text" "tree/$images/netboot/" &&
      cd "tree/$images" && sha256sum ./netboot/debian-installer/amd64/* >SHA256SUMS
  ) && rm -rf "$mirror" && mv "$new/tree" "$mirror" && rm -rf "$new"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -e -u -o pipefail
  debian_packages
  debian_kernel
  debian_installer
  debian_root
fi

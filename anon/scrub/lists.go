package scrub

var (
	// extensions of file names. Behind such a name a line number stays.
	extensions = set(`go c h cc cpp hpp rs py js ts jsx tsx java kt swift rb php cs sh pl lua asm s
		dll exe so dylib sys jar json yaml yml toml xml html css txt md log conf cfg ini db tmp sock pid
		sql proto mod sum gz zip tar zst bin dat png jpg pdf csv`)
	// domains are last labels of host names; two letters are looked up too.
	domains = set(`com net org edu gov mil int info biz name dev app cloud online site shop xyz tech
		local lan internal intranet corp home localdomain localhost private arpa example invalid`)
	// countries are the two-letter last labels that are no file extension.
	countries = set(`ac ad ae af ag al am ao ar at au az ba bd be bg bh bo br by ca ch ci cl cm cn co cr
		cu cy cz de dk do dz ec ee eg es eu fi fr gb ge gh gr gt hk hn hr hu id ie il in iq ir is it
		jo jp ke kg kh kr kw kz lb lk lt lu lv ly ma md me mk mn mo mt mu mx my ng ni nl no np nu nz om
		pa pe ph pk pl pt py qa ro ru sa se sg si sk su th tn tr tv tw tz ua ug uk us uy uz ve vn za`)
	// pairs are words of two letters.
	pairs = set(`to he me us oh al ac am an as at be by do eg go he id ie if in io ip is it kb mb gb tb ms my no ns of ok
		on op or os pc pm rx so tb tx ui uk up us vm we id fd gc gid pid uid tid ai cc ca db dns ec ex
		fs ii iv js ls ln mm mv ps rm rw sh sp ss tz ua ws rc eq ne gt lt ge le nr nm km cm dd yy hh`)
	// jargon are words of operating systems and their services that the
	// vocabulary's sources happen not to hold.
	jargon = set(`abnormally acl acls acpi apache apparmor apt async auditd auth avahi bios bluetooth
		bootloader btrfs bye cgroup cgroups chipset chroot cifs codec cron crond daemonset dbus deauth
		dhcp dhclient dmesg dmi dockerd dracut efi ethernet euid firewall firewalld firmware fsck
		gdm getty gpu grpc grub haproxy hresult hypervisor initramfs inode inodes iptables ipsec iscsi
		jvm kafka kerberos kernel keyring kube kubelet kubernetes ldap ldaps libvirt logname logrotate
		lvm mariadb memcached middleware mongo mqtt mtu mysql nat netfilter nftables nginx nic ntfs ntp
		ntpd ntstatus nvme ocsp oom openssh openssl pam pci perms pkg postgres preauth qemu raid rabbitmq
		redis rhost rollback ruser samba sasl sata sched scsi sdk selinux servlet sftp smart smartd smb
		smtp snmp soap spark spool spooler sqlite sshd sudo swap syslog systemd tcp telemetry terminating thread
		threadpool throttled timeout timeouts tomcat tpm tty udev uefi ulimit unmount upsert usb vlan vnc
		vpn watchdog webhook websocket wifi winsxs wlan workqueue xfs xml yaml zfs zookeeper`)
	// forms are technical words with digits.
	forms = set(`x509 sha1 sha2 sha3 sha256 sha384 sha512 md4 md5 base32 base64 utf8 utf16 utf32 utf-8
		utf-16 utf-32 int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64
		complex128 crc32 crc64 fnv1 fnv1a ipv4 ipv6 ip4 ip6 tcp4 tcp6 udp4 udp6 http2 http3 h2 h2c h3
		amd64 arm64 386 i386 i686 x86 x64 x86_64 ppc64 ppc64le mips64 mips64le s390x riscv64 loong64
		win32 win64 p224 p256 p384 p521 p-224 p-256 p-384 p-521 x25519 ed25519 curve25519 rc4 des3
		aes128 aes256 chacha20 poly1305 sha-1 sha-256 sha-384 sha-512 pkcs1 pkcs7 pkcs8 pkcs12
		socks4 socks5 oauth2 l2 l3 l4 l7 k8s s3 ec2 ext2 ext3 ext4 bzip2 lz4 xxh64 blake2b blake2s
		iso8601 rfc3339 rfc822 rfc1123 iso-8859-1 latin1 log2 log10 exp2 atan2 ssh2 mp3 mp4 h264 h265
		v1 v2 v3 v4 v5 v6 v7 v8 v9 go1 tls1 ssl3 sslv3 tlsv1 0th 1st 2nd 3rd 4th 5th 6th 7th 8th`)
	units = set(`b kb mb gb tb pb kib mib gib tib k m g t s ms us ns h d min sec px pt hz khz mhz ghz
		bit bits bytes x c f w v fps rpm dpi th`)
	// secretStarts are what keys of well-known services begin with.
	secretStarts = []string{
		"AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glcbt-",
		"gldt-", "glrt-", "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxe-", "sk_live_", "sk_test_", "rk_live_",
		"pk_live_", "sk-", "npm_", "pypi-", "eyJ", "AKC", "dop_v1_", "shpat_", "SG.", "ya29.", "hf_",
	}
)

package scrub

// lists are the words that have a role. Those that are technical pass, like
// the words of the table.
var lists = [...]struct {
	role  role
	words string
}{
	{secretWord, `password passwd passwort pwd passphrase passcode secret token apikey api_key api-key x-api-key
		access_key secret_key private_key auth_token access_token refresh_token client_secret authorization
		credential credentials cookie set-cookie session_id sessionid signature otp pin bearer passkey
		sessid jsessionid phpsessid csrf csrftoken xsrf nonce accountkey sharedaccesskey connectionstring
		recovery_key sas licence_key license_key licensekey serial serialnumber api_token pwd2 pass psk webhook_url
		access_key_id authtoken`},
	{userWord, `user username user_name user.name logname ruser luser euser login owner account uname usr nickname
		displayname fullname whoami principal samaccountname upn subject_name cn uid_name requester
		userid user_id loginname sudoer`},
	{hostWord, `host hostname host.name nodename rhost lhost node server machine computer computername workstation
		domain servername server_name computer_name machine_name machinename hostaddr vhost workgroup
		netbios fqdn peername target_host source_host remote_host client_host`},
	{personWord, `customer customer_name customername client_name company company_name companyname organization
		organisation tenant firstname first_name lastname last_name surname fullname full_name givenname
		given_name displayname display_name realname real_name patient employee contact contact_name city
		street birthday birthdate dob ssn phone phone_number mobile address recipient sender addressee
		person author assignee maintainer committer`},
	{authWord, `password publickey passphrase failures attempts failure logon login session sessions account
		authentication authenticated credentials`},
	{plainWord, `a an and are as at authentication be belongs by can cannot code context count could data database
		defined denied did directories directory disabled does doesn enabled error exists expired failed
		field for found from group groups had has have home if in input into is key level limit list login
		lookup missing mode must namespace need needs no not of on option options or over permission
		permissions process processes profile provided quota request requested requests requires response
		returned returns service session sessions settings should shell space specified state table that the
		this to type types was were when which will with without and after any are before during must never
		only please so than then there they was while you your has that who
		yes action actions activity agent agents attempt attempts attribute attributes bad busy cache
		command configuration current data details down dump end entry event events expiration
		failures feedback final first flow form format function handler handshake healthy identifier
		idle information input interface internal issue key keys last length lifetime link lockout log logged
		logic logout logs mask memory message messages mismatch module names next no-op
		online offline out output own page pages path pending pool port preference preferences prefix
		principal prompt property provider quit ready reason record records refresh refused registration
		result rights role rotation rules same script section selection side size slot started
		stack start state status stop stopped storage successful successfully
		task thread threshold time timeout too unreachable unhealthy unresponsive up update updates upgrade
		usage validation value values variable verification version
		invalid incorrect wrong valid correct weak strong short long blank hidden encrypted hashed stored
		changed reset optional mandatory locked revoked malformed unsupported deprecated ignored available
		unavailable present absent already still now being used refused rejected accepted allowed`},
	{goOnWord, `name id named called invalid illegal unknown account`},
	{neutralWord, `null none nil true false unknown undefined unset empty all any auto self`},
	{schemeWord, `bearer basic digest negotiate token`},
	{accountWord, `admin info support backup manager service apple april art august bell bill black bob chan chase dawn demo faith frank
		grace grant gray guest hope jan john june mail mark max may mike news nobody oracle
		postgres root rose test tester ubuntu victor walker webmaster will www`},
	{namingWord, `for by from as to`},
	{placeWord, `peer peers upstream backend client remote broker brokers cluster cluster_name clustername pod
		pod_name podname container container_name containername instance instance_id instance_name instancename master replica vm vmname vm_name
		worker endpoint member leader follower primary secondary standby source target src dst local from to via
		node_name remote_addr remote_ip src_host dst_host source_ip target_ip destination origin gateway proxy
		datacenter site zone rack farm appliance device_name devicename display station`},
	{linkWord, `connect connected connecting connection connections disconnect disconnected disconnecting reconnect
		reconnected reconnecting reconnection replicating replicated replication replicate migrate migrated migrating
		migration failover failback heartbeat heartbeats tunnel session sessions login logon handshake handshaking
		proxying proxied forwarding forwarded forward relayed relay relaying redirected listening bound vmotion
		sync syncing synced synchronizing synchronized copying mirrored mirroring reply replies response responses
		packet packets traffic ssh telnet rsync scp bind binding talk talking transfer transferred transferring
		route switched request requests agent assigned scheduled`},
	{dialWord, `connect connected connecting connection connections disconnect disconnected disconnecting reconnect
		reconnected reconnecting reconnection failover failback heartbeat heartbeats replicating replicated replicate
		migrate migrated migrating vmotion tunnel ssh`},
	{genericWord, `server client host peer node database daemon service socket device network internet proxy upstream
		backend broker master slave leader follower primary secondary standby replica cluster controller agent worker
		manager endpoint port address local machine system target source destination process kernel session stream
		channel queue pipe bus hub display monitor printer side end domain directory registry repository provider
		remote instance group member container store storage api web http https tcp udp ssh tls ssl ldap smtp imap
		mysql postgres redis kafka zookeeper etcd docker interface adapter router switch gateway modem phone
		unix driver console terminal shell desktop screen stdin stdout application app program plugin module another
		other one it them us existing new external internal public private default control data debug management
		parent child root http2 websocket factory pool license licensing update download upload mail
		syslog logging time name names dns vpn wifi wireless usb bluetooth serial database_name databases servers
		hosts nodes peers clients devices brokers services id ip url uri uuid bootstrap coordinator scheduler`},
	{towardWord, `to from with via on at by for towards against through`},
	{reachWord, `lookup resolve resolving reach reaching ping pinging dial dialing dialling mount mounting trying
		contacting ssh telnet host node server peer upstream backend broker member endpoint remote target replica
		machine computer workstation client hostname via`},
	{machineWord, `server host node gateway gw proxy box machine frontend backend controller firewall router switch
		printer storage relay balancer desktop laptop workstation appliance`},
	{serviceWord, `service socket target timer mount slice scope device automount swap`},
	{levelWord, `trace debug verbose info notice warn warning error err crit critical alert emerg fatal severe fine finer
		panic log audit`},
	{lookupWord, `lookup resolve resolving`},
	{hostPart, `db web app api mail smtp imap mx ns dns ntp ldap proxy gw gateway cache redis mongo mongodb kafka
		mysql postgres pg sql elastic mq rabbit rabbitmq vpn fw firewall lb nfs nas san esx esxi vm vcenter hv kvm
		xen dc exchange core edge node worker build builder ci search jenkins git bastion mon monitor squid sso portal intranet
		crm erp sap shop till pos kiosk desktop laptop pc notebook tablet storage hub registry repo queue broker
		zookeeper etcd consul vault nginx haproxy tomcat switch router backup log logs syslog`},
	{rankWord, `prod production staging stage uat qa dev test lab office site dmz east west north south central left
		right main primary secondary standby master slave replica backup archive relay rack front rear upper lower
		spare blue green red black white gray grey gold silver eu us uk de fr nl apac emea asia a b c d e`},
	{countedWord, `line column col row offset position pos code status error errno port ports size length len count
		pid tid uid gid index idx level step rank tcp udp http https state stage slot bit byte char page record
		sector block chunk version attempt retry iteration round exit signal timeout priority channel vlan`},
	{attributeWord, `cn ou dc uid o l st c sn email emailaddress mail street serialnumber givenname`},
	{codeStart, `ora tns ah my asa pix ftd pls rman crs cve cwe kb`},
	{titleWord, `mr mrs ms miss dr prof professor sir herr frau fraulein monsieur madame mme mlle senor senora sr sra
		signor signora mister madam`},
	{introWord, `is am was with met called named told asked thanks dear hi hello regards contact cc signed sincerely
		and ask says said`},
	{technical, `mr mrs ms dr prof`},
	// Acronyms and words of systems that the vocabulary's sources hold too seldom.
	{technical, `afp amqp anr apic apk arp asan asid aslr ata atapi ats axi bgp blocklist bluetooth bootloader bsod bvh
		cfq cicd cim cimom cmos cni cors cpld csi csr daemonize dalvik das dbms ddos ddr denylist dhe dimm dkim
		dmarc dml dmz dnssec dpdk dtp dvfs eap edr ein elb emmc esxi eula facetime failback fstab getty gpo gpu
		gtid hashmap hdd hdfs homescreen hotfix iaas iam igmp ike ikev imds initrd iommu ipam isam isp itlb jbod
		jni jwk jwks kdc keyspace keytab kpti kubelet lacp lapic ldt lldp lockscreen lsass lsn lun lvm lxc lxd
		magsafe mainboard mdm memtable mfa microservice mitm mpp msdu mss mtr mvcc nas navbar ndis nfsv nic nics
		nlb nntp noatime nosql ntlmv nullable nxdomain odbc odm oidc olap oltp onboarding orchestrator orm osgi
		osi ospf ota otp ovs pam pgp pim playbook plc privsep procfs psu pvc pxe qcow qdisc rbac rcu rdbms
		reflog reindex rekey replicaset resharding restapi rhel rollout rpo rsync rtc rto samba saml san scsi
		sdn sgx sid skb smtps softirq splitbrain sqlite sriov sse statusbar storyboard superuser switchdev sysrq
		taskset tcpdump tdp tft tmpfs tun ubi udevd upnp vaapi vcpu vdi vhd vhdx viewmodel vip vmdk vmkernel
		vmxnet vnc vnic voip vpc vrrp vsan vsphere vss vswitch waf wal wallpaper webdav webhook webrtc webview
		wifi winrm wol xmpp xsrf yum zookeeper`},
	{quotingWord, `entry near value literal role database tenant realm bucket login principal ssid share vm vms
		datastore dashboard host hostname server node machine computer workstation peer backend upstream target
		broker cluster instance pod container volume printer switch router gateway endpoint agent proxy customer user username account group owner member named called`},
	{extension, `go c h cc cpp hpp rs py js ts jsx tsx java kt swift rb php cs sh pl lua asm s dll exe so dylib sys
		jar json yaml yml toml xml html css txt md log conf cfg ini db tmp sock pid sql proto mod sum gz zip
		tar zst bin dat png jpg pdf csv cxx hxx pyx mjs cjs vue kts scala groovy vb fs pm m mm dart ex exs
		erl hs clj`},
	{codeWord, `go c h cc cpp cxx hpp hxx rs py pyx js mjs cjs ts jsx tsx vue java kt kts scala groovy swift rb php
		cs vb fs sh pl pm lua asm s m mm dart ex exs erl hs clj`},
	{extension | binaryWord, `dll exe so dylib sys jar framework ko`},
	{domainWord, `com net org edu gov mil int info biz name dev app cloud online site shop xyz tech local lan internal
		intranet corp home localdomain localhost private arpa example invalid`},
	{countryWord, `ac ad ae af ag al am ao ar at au az ba bd be bg bh bo br by ca ch ci cl cm cn co cr cu cy cz de dk
		do dz ec ee eg es eu fi fr gb ge gh gr gt hk hn hr hu ie il in iq ir is it jo jp ke kg kh kr kw
		kz lb lk lt lu lv ly ma md me mk mn mo mt mu mx my ng ni nl no np nu nz om pa pe ph pk pl pt py qa
		ro ru sa se sg si sk su th tn tr tv tw tz ua ug uk us uy uz ve vn za`},
	{unitWord, `b kb mb gb tb pb kib mib gib tib k m g t s ms us ns h d min sec px pt hz khz mhz ghz bit bits bytes
		x c f w v fps rpm dpi th`},
	{settingWord, `id ids name names size count number enabled disabled enable disable timeout interval path paths dir
		directory file files key keys value values type mode level limit max min class classes factory version
		memory threads retries policy format encoding prefix suffix default url uri ttl period delay threshold
		capacity buffer batch partitions replication compression codec handler listener provider impl opts args
		options config properties locale timezone`},
	{settingIntro, `use set setting property option key parameter config configuration variable default`},
	{homeWord, `home users profiles homes`},
	{sqlVerb, `select insert update delete merge replace`},
	{sqlClause, `where values set into from`},
	{technical, `to su dn cn nt ou he me us oh al ac am an as at be by do eg go he id ie if in io ip is it kb mb gb tb ms my no ns
		of ok on op or os pc pm rx so tb tx ui uk up us vm we id fd gc gid pid uid tid ai cc ca db dns ec ex
		fs ii iv js ls ln mm mv ps rm rw sh sp ss tz ua ws rc eq ne gt lt ge le nr nm km cm dd yy hh
		abnormally acl acls acpi apache apparmor apt async auditd auth avahi bios bluetooth bootloader btrfs
		bye cgroup cgroups chipset chroot cifs codec cron crond daemonset dbus deauth dhcp dhclient dmesg
		dmi dockerd dracut efi ethernet euid firewall firewalld firmware fsck gdm getty gpu grpc grub
		haproxy hresult hypervisor initramfs inode inodes iptables ipsec iscsi jvm kafka kerberos kernel
		keyring kube kubelet kubernetes ldap ldaps libvirt logname logrotate lvm mariadb memcached
		middleware mongo mqtt mtu mysql nat netfilter nftables nginx nic ntfs ntp ntpd ntstatus nvme ocsp
		oom openssh openssl pam pci perms pkg postgres preauth qemu raid rabbitmq redis rhost rollback ruser
		samba sasl sata sched scsi sdk selinux servlet sftp smart smartd smb smtp snmp soap spark spool
		spooler sqlite sshd sudo swap syslog systemd tcp telemetry terminating thread threadpool throttled
		timeout timeouts tomcat tpm tty udev uefi ulimit unmount upsert usb vlan vnc vpn watchdog webhook
		websocket wifi winsxs wlan workqueue xfs xml yaml zfs zookeeper x509 sha1 sha2 sha3 sha256 sha384
		sha512 md4 md5 base32 base64 utf8 utf16 utf32 utf-8 utf-16 utf-32 int8 int16 int32 int64 uint8
		uint16 uint32 uint64 float32 float64 complex64 complex128 crc32 crc64 fnv1 fnv1a ipv4 ipv6 ip4 ip6
		tcp4 tcp6 udp4 udp6 http2 http3 h2 h2c h3 amd64 arm64 386 i386 i686 x86 x64 x86_64 ppc64 ppc64le
		mips64 mips64le s390x riscv64 loong64 win32 win64 p224 p256 p384 p521 p-224 p-256 p-384 p-521 x25519
		ed25519 curve25519 rc4 des3 aes128 aes256 chacha20 poly1305 sha-1 sha-256 sha-384 sha-512 pkcs1
		pkcs7 pkcs8 pkcs12 socks4 socks5 oauth2 l2 l3 l4 l7 k8s s3 ec2 ext2 ext3 ext4 bzip2 lz4 xxh64
		blake2b blake2s iso8601 rfc3339 rfc822 rfc1123 iso-8859-1 latin1 log2 log10 exp2 atan2 ssh2 mp3 mp4
		h264 h265 v1 v2 v3 v4 v5 v6 v7 v8 v9 go1 tls1 ssl3 sslv3 tlsv1 0th 1st 2nd 3rd 4th 5th 6th 7th 8th
		doesn didn isn wasn couldn wouldn shouldn hasn haven hadn aren weren ain mustn won don ll ve re
		monday tuesday wednesday thursday friday saturday sunday january february march april may june july
		august september october november december jan feb mar apr jun jul aug sep sept oct nov dec mon tue
		wed thu fri sat sun utc gmt cet pst est usb linux windows macos unix android java kotlin swift
		python javascript golang dotnet perl ruby apple microsoft google intel amd nvidia vmware xen esxi
		hyper docker debian ubuntu fedora suse redhat centos`},
}

// secretStarts are what keys of well-known services begin with.
var secretStarts = []string{
	"AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glcbt-",
	"gldt-", "glrt-", "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxe-", "sk_live_", "sk_test_", "rk_live_",
	"pk_live_", "sk-", "npm_", "pypi-", "eyJ", "AKC", "dop_v1_", "shpat_", "SG.", "ya29.", "hf_",
}

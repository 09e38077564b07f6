package own

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"testing/fstest"
)

// TestGatherMachine: what names a machine, its disks, its container and its SSH
// keys is found; what firmware has where nothing was written is not.
func TestGatherMachine(t *testing.T) {
	key := "\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + strings.Repeat("\xd7q\x83\x1e", 8)
	const container = "6f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"
	root := fstest.MapFS{
		"sys/class/dmi/id/board_serial":                          {Data: []byte("ZQ91KX77P3\n")},
		"sys/class/dmi/id/product_serial":                        {Data: []byte("Default string\n")},
		"sys/class/dmi/id/product_uuid":                          {Data: []byte("03000200-0400-0500-0006-000700080009x\n")},
		"sys/block/sda/device/wwid":                              {Data: []byte("t10.ATA     Nimbus Disk 900G                S3Z8QX0K512345\n")},
		"sys/class/nvme/nvme0/serial":                            {Data: []byte("NQ77120093      \n")},
		"dev/disk/by-id/ata-Nimbus_Disk_900G_QX91D7735511":       {},
		"dev/disk/by-id/ata-Nimbus_Disk_900G_QX91D7735512-part1": {},
		"dev/disk/by-uuid/8c21f0e2-55aa-4b1d-9d3e-7f1e2d3c4b5a":  {},
		"var/lib/cloud/data/instance-id":                         {Data: []byte("i-0ab1c2d3e4f567890\n")},
		"proc/self/cgroup":                                       {Data: []byte("0::/system.slice/docker-" + container + ".scope\n")},
		"etc/ssh/ssh_host_ed25519_key.pub":                       {Data: []byte("ssh-ed25519 " + base64.StdEncoding.EncodeToString([]byte(key)) + " root@x\n")},
		"home/zwickq/x":                                          {},
		"home/lost+found/x":                                      {},
		"etc/hostname":                                           {Data: []byte("zq-orchard-4711-eastwing.eu.zwick-works.example\n")},
		"etc/machine-info":                                       {Data: []byte("PRETTY_HOSTNAME=\"Zwick's orchard\"\n")},
		"etc/passwd":                                             {Data: []byte("oldzwick:x:501:501:Quentin Orchardson:/home/oldzwick:/bin/sh\n")},
	}
	ids, err := Gather(t.Context(), Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(key))
	for _, text := range []string{
		"ZQ91KX77P3", "S3Z8QX0K512345", "t10.ATA Nimbus Disk 900G S3Z8QX0K512345", "nq77120093", "QX91D7735511",
		"8C21F0E255AA4B1D9D3E7F1E2D3C4B5A", "i-0ab1c2d3e4f567890", container, container[:12],
		"SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString([]byte(key)),
		hex.EncodeToString([]byte(key)), "/home/zwickq/.cache", "user zwickq", "zq-orchard-4711-eastwing", "ZQ-ORCHARD-4711",
		"eu.zwick-works.example", "www.zwick-works.example", "zwick's orchard", "oldzwick", "orchardson, q.", "Orchardson",
	} {
		if _, ok := ids.Scan([]byte("x " + text + " y")); !ok {
			t.Errorf("%q is not found", text)
		}
	}
	for _, text := range []string{"Default string", "lost+found", "ssh-ed25519", "Nimbus", "QX91D7735512", "docker system.slice"} {
		if hit, ok := ids.Scan([]byte("x " + text + " y")); ok {
			t.Errorf("%q is a hit of %q", text, hit.Class)
		}
	}
}

// TestSMBIOS: serials of the firmware's tables, also of tables that end early.
func TestSMBIOS(t *testing.T) {
	uuid := strings.Repeat("\x5a\x17", 8)
	table := "\x00\x05\x00\x00\x01Vendor\x00\x00" +
		"\x01\x1b\x01\x00\x01\x02\x03\x04" + uuid + "\x06\x00\x00Acme\x00Box\x001.0\x00ZQ91KX77P3\x00\x00" +
		"\x02\x09\x02\x00\x01\x01\x01\x02\x01None\x00BRD-99120X\x00\x00"
	var values []string
	for _, f := range smbiosSerials([]byte(table)) {
		values = append(values, f.value)
	}
	if got, want := strings.Join(values, " "), "ZQ91KX77P3 "+strings.Repeat("5a17", 8)+" BRD-99120X"; got != want {
		t.Errorf("serials %q, want %q", got, want)
	}
	for n := range len(table) {
		smbiosSerials([]byte(table[:n]))
	}
}

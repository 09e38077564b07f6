package attack

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// machinePolicy is where the administrator of a host decides.
const machinePolicy = "/etc/tacit/policy.yaml"

// plant makes the namespaces that the process is in the planted host.
func plant(t *testing.T) {
	t.Helper()
	if err := unix.Sethostname([]byte(plantedHost)); err != nil {
		t.Fatalf("set the planted host name: %v: is this a user namespace without rights (kernel.apparmor_restrict_unprivileged_userns)?", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatalf("make mounts private: %v", err)
	}
	plantEtc(t)
	cover(t, "/mnt")
	write(t, filepath.Join(plantedHomes, plantedUser, ".config/acme/acme.conf"), configuration())
	plantNetwork(t)
}

// cover mounts an empty file system over dir.
func cover(t *testing.T, dir string) {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
		t.Fatalf("mount a file system of the test's own on %s: %v", dir, err)
	}
}

// plantEtc covers /etc. What says nothing about a host is kept.
func plantEtc(t *testing.T) {
	t.Helper()
	kept := map[string][]byte{}
	for _, name := range []string{"os-release", "localtime", "nsswitch.conf", "group"} {
		if b, err := os.ReadFile(filepath.Join("/etc", name)); err == nil {
			kept[name] = b
		}
	}
	cover(t, "/etc")
	for name, b := range kept {
		write(t, filepath.Join("/etc", name), string(b))
	}
	account := func(name string, uid int, full string) string {
		return fmt.Sprintf("%s:x:%d:%d:%s,,,:%s:/bin/sh\n", name, uid, uid, full, filepath.Join(plantedHomes, name))
	}
	write(t, "/etc/passwd", account(plantedUser, os.Getuid(), plantedName)+account(plantedOther, 4711, plantedFull))
	write(t, "/etc/hosts", fmt.Sprintf("127.0.0.1 localhost\n%s %s.%s %s\n", plantedAddress, plantedHost, plantedDomain, plantedHost))
	write(t, "/etc/hostname", plantedHost+"\n")
	write(t, "/etc/machine-id", plantedMachine+"\n")
	write(t, "/etc/resolv.conf", "search "+plantedDomain+"\n")
	write(t, machinePolicy, configuration()+"participation: on\n")
}

// configuration is a comment that holds secrets, as configurations do.
func configuration() string { return "# " + secretsIn(inConfiguration).sentence() + "\n" }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// plantNetwork brings loopback up, with a MAC and an address that is none of
// loopback's.
func plantNetwork(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	set := func(name string, what uint, fill func(r *unix.Ifreq) error) {
		t.Helper()
		r, err := unix.NewIfreq(name)
		if err == nil {
			err = fill(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(fd, what, r)
		}
		if err != nil {
			t.Fatalf("plant the network: %s: %v", name, err)
		}
	}
	setMAC(t, fd)
	up := func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }
	set("lo", unix.SIOCSIFFLAGS, up)
	set("lo:1", unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(net.ParseIP(plantedAddress).To4()) })
}

// setMAC gives loopback a hardware address. There is no wrapper for it: the
// address follows the name in struct ifreq, after the family of the hardware.
func setMAC(t *testing.T, fd int) {
	t.Helper()
	var r struct {
		name   [unix.IFNAMSIZ]byte
		family uint16
		mac    [22]byte
	}
	copy(r.name[:], "lo")
	r.family = unix.ARPHRD_LOOPBACK
	copy(r.mac[:], plantedMAC[:])
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFHWADDR, uintptr(unsafe.Pointer(&r))); errno != 0 {
		t.Fatalf("plant a MAC: %v", errno)
	}
}

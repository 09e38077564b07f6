package attack

import (
	"encoding/hex"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"testing"
)

// thisHost returns what identifies the host that the test runs on, read by the
// test itself. place is empty, or where it was planted.
func thisHost(t testing.TB, place string) (ids []identifier) {
	t.Helper()
	add := func(class string, texts ...string) {
		for _, text := range texts {
			if len(text) >= shortest {
				ids = append(ids, identifier{class: class, place: place, text: text})
			}
		}
	}
	add("host name", hostNames(t)...)
	for _, p := range people(t) {
		add("user name", p.name)
		if strings.Contains(p.full, " ") { // one word is what an account is for
			add("full name", p.full)
		}
		add("home directory", p.home)
	}
	ids = append(ids, interfaces(t, place)...)
	for _, text := range machineIDs() {
		add("machine ID", text)
		if b, err := hex.DecodeString(strings.ReplaceAll(text, "-", "")); err == nil && len(b) == 16 {
			bare := hex.EncodeToString(b)
			add("machine ID", bare[:8]+"-"+bare[8:12]+"-"+bare[12:16]+"-"+bare[16:20]+"-"+bare[20:])
			ids = append(ids, identifier{class: "machine ID", place: place, text: bare, binary: b})
		}
	}
	return ids
}

// hostNames returns the short name, and the long ones of /etc/hosts.
func hostNames(t testing.TB) (names []string) {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	short, _, _ := strings.Cut(name, ".")
	names = append(names, name, short)
	for _, f := range fields("/etc/hosts") {
		for _, alias := range f[1:] {
			if strings.HasPrefix(alias, short+".") {
				names = append(names, alias)
			}
		}
	}
	return names
}

type person struct{ name, full, home string }

// people returns the accounts of people in /etc/passwd, and the current user's.
func people(t testing.TB) (out []person) {
	t.Helper()
	text, err := os.ReadFile("/etc/passwd")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 7 {
			continue
		}
		uid, err := strconv.Atoi(f[2])
		if err != nil || uid != os.Getuid() && (uid < 1000 || uid >= 60000) {
			continue
		}
		full, _, _ := strings.Cut(f[4], ",")
		out = append(out, person{f[0], full, f[5]})
	}
	if u, err := user.Current(); err == nil {
		out = append(out, person{u.Username, u.Name, u.HomeDir})
	}
	home, err := os.UserHomeDir()
	if err == nil {
		out = append(out, person{os.Getenv("LOGNAME"), "", home})
	}
	return out
}

// interfaces returns addresses, without loopback, and MACs.
func interfaces(t testing.TB, place string) (ids []identifier) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if mac := i.HardwareAddr; len(mac) >= 6 && strings.Trim(mac.String(), "0:") != "" {
			bare := hex.EncodeToString(mac)
			for _, text := range []string{mac.String(), strings.ReplaceAll(mac.String(), ":", "-"), bare, bare[:4] + "." + bare[4:8] + "." + bare[8:]} {
				ids = append(ids, identifier{class: "MAC", place: place, text: text, binary: mac})
			}
		}
		addresses, err := i.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addresses {
			ip, _, err := net.ParseCIDR(a.String())
			if err != nil || ip.IsLoopback() {
				continue
			}
			ids = append(ids, identifier{class: "address", place: place, text: ip.String(), binary: ip.To16()})
		}
	}
	return ids
}

// machineIDs returns what the system and the firmware call this machine.
func machineIDs() (out []string) {
	for _, path := range []string{
		"/etc/machine-id", "/var/lib/dbus/machine-id", "/proc/sys/kernel/random/boot_id",
		"/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/product_serial", "/sys/class/dmi/id/board_serial",
	} {
		for _, f := range fields(path) {
			if len(f) == 1 && strings.Trim(f[0], "0-") != "" {
				out = append(out, f[0])
			}
		}
	}
	return out
}

// fields returns the words of every line of a file, or nothing when it is not
// there or not ours to read.
func fields(path string) (out [][]string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Fields(line); len(f) > 0 {
			out = append(out, f)
		}
	}
	return out
}

package story

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestHostFacts compares what a lookup shows of this host with what the host
// itself says.
func TestHostFacts(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc and /etc as Linux has them")
	}
	dir := rig.Dir(t)
	var c cycle
	once(t, dir).JSON(t, &c)
	got := rig.Lookup(t, dir, c.ID).Installation
	for name, want := range map[string]string{
		"os.type": "linux", "os.version": osVersion(t), "host.arch": archOf(t, output(t, "uname", "-m")),
		"host.cpu.cores": output(t, "nproc"), "country": countryOf(t, zoneName()),
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s is %v, and this host says %s", name, got[name], want)
		}
	}
	checkMemory(t, fmt.Sprint(got["host.memory"]))
	products, _ := got["products"].(map[string]any)
	if version, want := fmt.Sprint(products["tacit"]), rig.Tacit(t, "--version").Run(t).Stdout; !strings.Contains(want, version) {
		t.Errorf("products has tacit %s, and tacit --version prints %s", version, want)
	}
}

// TestCountry sets the time zone, which is all that Tacit asks for a country.
func TestCountry(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"Europe/Oslo": "NO", "America/Sao_Paulo": "BR", ":Asia/Tokyo": "JP",
		"Etc/UTC": "unknown", "CET": "unknown", "No/Where": "unknown", "../../etc/passwd": "unknown",
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			dir := rig.Dir(t)
			var c cycle
			once(t, dir, "TZ="+zone).JSON(t, &c)
			if got := rig.Lookup(t, dir, c.ID).Installation["country"]; got != want {
				t.Errorf("country is %v, want %s", got, want)
			}
		})
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	b, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimSpace(string(b))
}

// osVersion returns the version of the distribution, or "rolling" for one that
// has none.
func osVersion(t *testing.T) string {
	t.Helper()
	version := output(t, "sh", "-c", `. /etc/os-release && printf %s "$VERSION_ID"`)
	if version == "" {
		return "rolling"
	}
	return version
}

// archOf translates the kernel's name of a machine.
func archOf(t *testing.T, machine string) string {
	t.Helper()
	names := map[string]string{"x86_64": "amd64", "aarch64": "arm64", "i686": "x86", "riscv64": "riscv64", "ppc64le": "ppc64le", "s390x": "s390x"}
	if names[machine] == "" {
		t.Fatalf("this test does not know the machine %q: add it", machine)
	}
	return names[machine]
}

// zoneName returns the name of this host's time zone, or "".
func zoneName() string {
	if link, err := os.Readlink("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(link, "zoneinfo/"); ok {
			return name
		}
	}
	b, _ := os.ReadFile("/etc/timezone") // not everywhere
	return strings.TrimSpace(string(b))
}

// countryOf looks a time zone up in the table of the time zone database.
func countryOf(t *testing.T, zone string) string {
	t.Helper()
	table, err := os.ReadFile("/usr/share/zoneinfo/zone.tab")
	if err != nil && zone != "" && !strings.Contains(zone, "UTC") {
		t.Fatalf("this host is in zone %s, and its table of zones is missing: install tzdata", zone)
	}
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] == zone {
			return fields[0]
		}
	}
	return "unknown"
}

var (
	between = regexp.MustCompile(`^(\d+)(?: ([KMGT]iB))?–(\d+) ([KMGT]iB)$`)
	units   = map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
)

// checkMemory checks that the range holds the memory of this host, and that it
// is wide enough to say nothing else.
func checkMemory(t *testing.T, shown string) {
	t.Helper()
	m := between.FindStringSubmatch(shown)
	if m == nil {
		t.Fatalf("host.memory is %q, which is no range", shown)
	}
	if m[2] == "" {
		m[2] = m[4]
	}
	low, _ := strconv.ParseInt(m[1], 10, 64) // digits, by the pattern
	high, _ := strconv.ParseInt(m[3], 10, 64)
	low, high = low*units[m[2]], high*units[m[4]]
	kib, err := strconv.ParseInt(output(t, "awk", "/^MemTotal:/ { print $2 }", "/proc/meminfo"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if total := kib << 10; total < low || total >= high || high < 2*low {
		t.Errorf("host.memory is %s, and this host has %d bytes", shown, total)
	}
}

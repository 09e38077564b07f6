package collect

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func TestFamilyOf(t *testing.T) {
	for _, c := range []struct{ vendor, brand, arch, want string }{
		{"GenuineIntel", "Intel(R) Xeon(R) Gold 6430", "amd64", "intel-xeon"},
		{"GenuineIntel", "13th Gen Intel(R) Core(TM) i7-1365U", "amd64", "intel-core"},
		{"GenuineIntel", "Intel(R) Core(TM) Ultra 7 155H", "amd64", "intel-core"},
		{"GenuineIntel", "Intel(R) N100", "amd64", "intel-other"},
		{"GenuineIntel", "Intel(R) Atom(TM) CPU C3758", "amd64", "intel-atom"},
		{"AuthenticAMD", "AMD EPYC 9654 96-Core Processor", "amd64", "amd-epyc"},
		{"AuthenticAMD", "AMD Ryzen Threadripper PRO 5995WX", "amd64", "amd-threadripper"},
		{"AuthenticAMD", "AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "amd64", "amd-ryzen"},
		{"AuthenticAMD", "AMD Custom APU 0405", "amd64", "amd-other"},
		{"GenuineIntel", "QEMU Virtual CPU version 2.5+", "amd64", "virtual"},
		{"", "Apple M3 Pro", "arm64", "apple"},
		{"ARM", "Neoverse-N1", "arm64", "arm-neoverse"},
		{"ARM", "Cortex-A72", "arm64", "arm-cortex"},
		{"", "", "arm64", "arm-other"},
		{"", "POWER9 (architected), altivec supported", "ppc64le", "ibm-power"},
		{"IBM/S390", "", "s390x", "ibm-z"},
		{"", "", "riscv64", "riscv"},
		{"HygonGenuine", "Hygon C86 7285", "amd64", other},
		{"", "", "amd64", unknown},
	} {
		if got := familyOf(c.vendor, c.brand, c.arch); got != c.want {
			t.Errorf("familyOf(%q, %q, %s) = %q, want %q", c.vendor, c.brand, c.arch, got, c.want)
		}
	}
}

func TestParseRelease(t *testing.T) {
	for _, c := range []struct{ name, file, id, version string }{
		{"debian", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n", "debian", "12"},
		{"ubuntu", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n", "ubuntu", "24.04"},
		{"single quotes", "ID='alpine'\nVERSION_ID='3.20.1'", "alpine", "3.20.1"},
		{"arch has none", "ID=arch\nBUILD_ID=rolling\n", "arch", "rolling"},
		{"windows line ends", "ID=fedora\r\nVERSION_ID=41\r\n", "fedora", "41"},
		{"comment and blank", "# ID=fake\n\n  ID=void\n", "void", "rolling"},
		{"last one counts", "ID=one\nID=two\nVERSION_ID=1\n", "two", "1"},
		{"words are no version", "ID=x\nVERSION_ID=\"ann's build\"\n", "x", unknown},
		{"too long", "ID=x\nVERSION_ID=1.2.3.4.5.6.7.8.9\n", "x", unknown},
		{"empty part", "ID=x\nVERSION_ID=1..2\n", "x", unknown},
		{"empty", "", "", "rolling"},
		{"no equals", "ID\nVERSION_ID\n", "", "rolling"},
	} {
		r := parseRelease([]byte(c.file))
		if r.id != c.id || r.versionText() != c.version {
			t.Errorf("%s: got %q %q, want %q %q", c.name, r.id, r.versionText(), c.id, c.version)
		}
	}
}

// FuzzParseRelease holds that whatever stands in the file, the registry takes
// the version.
func FuzzParseRelease(f *testing.F) {
	f.Add([]byte("ID=debian\nVERSION_ID=\"12\"\n"))
	f.Add([]byte("VERSION_ID=\"\"\nVERSION_ID='"))
	f.Add([]byte("\x00VERSION_ID=1\xff.2"))
	f.Add([]byte(strings.Repeat("VERSION_ID=1.", 999)))
	c := Config{Registry: registry.Base()}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := parseRelease(b)
		for metric, value := range map[string]string{"os.version": r.versionText(), "os.name": c.listed("os.name", r.id)} {
			rec := schema.Record{Product: schema.Product{Name: "tacit", Version: "1.0.0"}, Metric: metric, Value: schema.Text(value)}
			if err := registry.Base().CheckOffered(&rec); err != nil {
				t.Errorf("%s of %q: %v", metric, b, err)
			}
		}
	})
}

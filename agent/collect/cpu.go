package collect

import (
	"cmp"
	"context"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/cpu"
)

// family is what marks one family of processors: its name in the registry, and
// a word that its makers write into vendor or brand.
type family struct{ word, name string }

// families are tried in order: the special before the general, because
// "AMD Ryzen Threadripper" is both and "QEMU Virtual CPU" names a vendor too.
var families = [...]family{
	{"virtual cpu", "virtual"}, {"qemu", "virtual"}, {"common kvm", "virtual"},
	{"xeon", "intel-xeon"}, {"atom", "intel-atom"}, {"pentium", "intel-pentium"},
	{"celeron", "intel-celeron"}, {"intel(r) core", "intel-core"}, {"intel core", "intel-core"},
	{"epyc", "amd-epyc"}, {"threadripper", "amd-threadripper"}, {"ryzen", "amd-ryzen"},
	{"opteron", "amd-opteron"}, {"athlon", "amd-athlon"},
	{"intel", "intel-other"}, {"authenticamd", "amd-other"}, {"amd ", "amd-other"},
	{"apple", "apple"}, {"ampere", "ampere"}, {"qualcomm", "qualcomm"}, {"snapdragon", "qualcomm"},
	{"neoverse", "arm-neoverse"}, {"cortex", "arm-cortex"},
	{"loongson", "loongson"}, {"power", "ibm-power"}, {"ibm/s390", "ibm-z"},
}

// processor reads the family of the first processor and how many logical ones
// this process may use. The brand's text never leaves this function.
func (c Config) processor(ctx context.Context) ([]Sample, error) {
	samples := []Sample{number("host.cpu.cores", int64(runtime.NumCPU()))}
	infos, err := cpu.InfoWithContext(ctx)
	if err != nil {
		return samples, readError("processor family", err)
	}
	name := unknown
	if len(infos) > 0 {
		name = familyOf(infos[0].VendorID, infos[0].ModelName, runtime.GOARCH)
	}
	return append(samples, text("host.cpu.family", c.listed("host.cpu.family", name))), nil
}

// familyOf finds the family by words of vendor and brand, then by the
// architecture. A brand that nobody listed is "other", and no brand "unknown".
func familyOf(vendor, brand, arch string) string {
	said := strings.ToLower(vendor + " " + brand + " ")
	for _, f := range families {
		if strings.Contains(said, f.word) {
			return f.name
		}
	}
	if name := familyOfArch(arch); name != "" || strings.TrimSpace(said) != "" {
		return cmp.Or(name, other)
	}
	return unknown
}

// familyOfArch names the family where neither vendor nor brand does, or "".
func familyOfArch(arch string) string {
	switch arch {
	case "arm", "arm64":
		return "arm-other"
	case "riscv64":
		return "riscv"
	case "loong64":
		return "loongson"
	case "ppc64", "ppc64le":
		return "ibm-power"
	case "s390x":
		return "ibm-z"
	}
	return ""
}

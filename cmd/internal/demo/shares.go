package demo

import "math/rand/v2"

// share is a value and its weight among others. Weights need not add up to
// anything.
type share[T any] struct {
	weight float64
	value  T
}

// pick draws one value.
func pick[T any](r *rand.Rand, shares []share[T]) T {
	var all float64
	for _, s := range shares {
		all += s.weight
	}
	at := r.Float64() * all
	for _, s := range shares {
		if at -= s.weight; at < 0 {
			return s.value
		}
	}
	return shares[len(shares)-1].value
}

// system is an operating system as a host tells it.
type system struct{ kind, name, version, arch string }

// systems: Steam Hardware & Software Survey, April 2026, "OS Version".
var systems = []share[system]{
	{0.6774, system{"windows", "windows", "10.0.26100", "amd64"}}, // Windows 11
	{0.2563, system{"windows", "windows", "10.0.19045", "amd64"}}, // Windows 10
	{0.0007, system{"windows", "windows", "6.1.7601", "amd64"}},   // Windows 7
	{0.0049, system{"darwin", "macos", "26.3.1", "arm64"}},
	{0.0027, system{"darwin", "macos", "26.4.0", "arm64"}},
	{0.0020, system{"darwin", "macos", "26.4.1", "arm64"}},
	{0.0012, system{"darwin", "macos", "26.2.0", "arm64"}},
	{0.0011, system{"darwin", "macos", "26.3.0", "arm64"}},
	{0.0010, system{"darwin", "macos", "15.7.4", "arm64"}},
	{0.0007, system{"darwin", "macos", "15.6.1", "arm64"}},
	{0.0006, system{"darwin", "macos", "15.7.3", "arm64"}},
	{0.0032, system{"linux", "arch", "unknown", "amd64"}},
	{0.0027, system{"linux", "linuxmint", "22.3", "amd64"}},
	{0.0013, system{"linux", "ubuntu", "24", "amd64"}}, // Ubuntu Core
	{0.0011, system{"linux", "fedora", "43", "amd64"}}, // both editions
	{0.0009, system{"linux", "ubuntu", "24.04", "amd64"}},
	{0.0006, system{"linux", "ubuntu", "25.10", "amd64"}},
	{0.0005, system{"linux", "linuxmint", "22.2", "amd64"}},
	{0.0005, system{"linux", "debian", "13", "amd64"}},
	{0.0005, system{"linux", "manjaro", "unknown", "amd64"}},
}

// memories: Steam Hardware & Software Survey, April 2026, "System RAM", in GiB.
var memories = []share[int64]{
	{0.4086, 16}, {0.3755, 32}, {0.0766, 8}, {0.0410, 64}, {0.0246, 12}, {0.0197, 24}, {0.0146, 4}, {0.0120, 48},
	{0.0094, 60}, {0.0061, 128 /* more than 64 */}, {0.0055, 28}, {0.0002, 2 /* less than 4 */},
}

// cores: Steam Hardware & Software Survey, April 2026, "Physical CPUs".
var cores = []share[int64]{
	{0.2862, 6}, {0.2695, 8}, {0.1302, 4}, {0.0760, 10}, {0.0551, 16}, {0.0510, 12}, {0.0493, 14}, {0.0304, 2},
	{0.0273, 24}, {0.0206, 20}, {0.0015, 5}, {0.0010, 3}, {0.0008, 18},
}

// countries: GitHub Innovation Graph, developers by economy, 2025 Q3.
var countries = []share[string]{
	{28629080, "US"}, {22682855, "IN"}, {10815602, "CN"}, {7099749, "BR"}, {4927421, "GB"}, {4593480, "JP"},
	{4530745, "DE"}, {4504346, "ID"}, {4273520, "RU"}, {3540310, "CA"}, {3505211, "FR"}, {3026820, "HK"},
	{2728331, "KR"}, {2507142, "VN"}, {2426573, "MX"}, {2380413, "ES"}, {2325301, "PH"}, {2181072, "TR"},
	{2106533, "AU"}, {2053465, "PK"}, {1848978, "NL"}, {1810496, "PL"}, {1794116, "SG"}, {1697430, "IT"},
	{1614260, "TW"}, {1612960, "BD"}, {1577185, "UA"}, {1566257, "NG"}, {1419912, "CO"}, {1390918, "AR"},
}

// What follows is made up.

var editions = []share[string]{{0.5, "standard"}, {0.35, "enterprise"}, {0.15, "community"}}

var deployments = []share[string]{{0.6, "on_premises"}, {0.4, "hosted"}}

var browsers = []share[string]{{0.6, "chrome"}, {0.25, "edge"}, {0.1, "firefox"}, {0.05, "other"}}

var hypervisors = []share[string]{{0.5, "vmware"}, {0.2, "hyper_v"}, {0.15, "kvm"}, {0.1, "none"}, {0.05, "proxmox"}}

var databases = []share[string]{{0.55, "postgresql"}, {0.25, "microsoft.sql_server"}, {0.2, "oracle.db"}}

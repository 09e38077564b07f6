package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// benchReport is what --json prints. The names are stable. What was not
// measured is absent.
type benchReport struct {
	Installations int `json:"installations"`
	Records       int `json:"records"` // of a round
	Rounds        int `json:"rounds"`

	RecordsPerSecond      float64   `json:"records_per_second"`       // to the store's last reply; median of the rounds
	PlainRecordsPerSecond float64   `json:"plain_records_per_second"` // written plainly, one key a record
	SpeedRatio            float64   `json:"speed_ratio"`              // median of the rounds' ratios
	SpeedRatios           []float64 `json:"speed_ratios"`             // of each round

	CPU      benchCPUReport            `json:"cpu_seconds_per_million_records"`
	PlainCPU float64                   `json:"plain_cpu_seconds_per_million_records"`
	Packages map[string][]benchPackage `json:"cpu_by_package"` // of each process: where its CPU went

	Envelopes []benchEnvelopeReport `json:"envelopes,omitempty"`

	PageBytes   float64 `json:"page_bytes_per_record,omitempty"` // of full pages, packed, before padding
	PageRecords float64 `json:"records_per_page,omitempty"`
	DiskBytes   float64 `json:"disk_bytes_per_record"`              // of the store's data, closed
	StoreMemory int64   `json:"store_anonymous_bytes,omitempty"`    // at most, while it took the fleet's records
	MemoryLimit int64   `json:"store_memory_limit_bytes,omitempty"` // of the Go runtime

	fleetCPU float64            // seconds, all rounds
	plainCPU float64            // seconds, all rounds
	samples  map[string]profile // seconds by process and package, as sampled
}

// profile is CPU seconds by package.
type profile map[string]float64

// benchCPUReport is CPU seconds a million records: the fleet's, the relay's and
// the store's process, their start left out and their end counted.
type benchCPUReport struct {
	Total float64 `json:"total"`
	Fleet float64 `json:"fleet"`
	Relay float64 `json:"relay"`
	Store float64 `json:"store"`
}

type benchPackage struct {
	Package string  `json:"package"`
	Seconds float64 `json:"cpu_seconds_per_million_records"`
}

func (r *benchReport) setSpeed(plain, path []float64) {
	r.RecordsPerSecond, r.PlainRecordsPerSecond = median(path), median(plain)
	for i := range path {
		r.SpeedRatios = append(r.SpeedRatios, path[i]/plain[i])
	}
	r.SpeedRatio = median(r.SpeedRatios)
}

// addProfile adds a profile of one of the processes. One that cannot be read
// leaves its rows out.
func (r *benchReport) addProfile(name, path string) {
	seconds, err := readProfile(path)
	if err != nil {
		return
	}
	if r.samples == nil {
		r.samples = map[string]profile{}
	}
	if r.samples[name] == nil {
		r.samples[name] = profile{}
	}
	for pkg, s := range seconds {
		r.samples[name][pkg] += s
	}
}

// setParts ends the relay and the store and takes what they used and left.
func (r *benchReport) setParts(edge *benchEdge, began benchCPU, profiles string, o benchOptions) error {
	if err := edge.end(); err != nil {
		return err
	}
	ended, million := edge.cpu(), float64(o.records*o.rounds)/1e6
	r.addProfile("relay", filepath.Join(profiles, "relay.pprof"))
	r.addProfile("store", filepath.Join(profiles, "store.pprof"))
	r.CPU = benchCPUReport{
		Fleet: r.fleetCPU / million, Relay: (ended.relay - began.relay) / million, Store: (ended.store - began.store) / million,
	}
	r.PlainCPU = r.plainCPU / million
	r.CPU.Total = r.CPU.Fleet + r.CPU.Relay + r.CPU.Store
	r.setPackages()
	r.StoreMemory, r.MemoryLimit = edge.store.peak, memoryLimit
	size, err := sizeOf(edge.storeData)
	r.DiskBytes = float64(size) / float64(o.records*o.rounds)
	return err
}

// setPackages shares out each process's CPU by its samples, the largest first.
func (r *benchReport) setPackages() {
	r.Packages = map[string][]benchPackage{}
	for name, used := range map[string]float64{"fleet": r.CPU.Fleet, "relay": r.CPU.Relay, "store": r.CPU.Store} {
		total := 0.0
		for _, s := range r.samples[name] {
			total += s
		}
		rows := []benchPackage{}
		for pkg, s := range r.samples[name] {
			rows = append(rows, benchPackage{pkg, used * s / total})
		}
		slices.SortFunc(rows, func(a, b benchPackage) int {
			return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Package, b.Package))
		})
		r.Packages[name] = rows
	}
}

// sizeOf returns the bytes of all files below a directory.
func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// print prints the report as tables.
func (r *benchReport) print(env *cli.Env) {
	row := func(name, format string, args ...any) { env.Printf("  %-44s %s\n", name, fmt.Sprintf(format, args...)) }
	env.Printf("%s, %s a round, %s\n\n", cli.Count(r.Installations, "installation"), cli.Thousands(r.Records)+" records", cli.Count(r.Rounds, "round"))
	env.Printf("The whole path, to the store's last reply\n")
	row("records a second", "%s", cli.Thousands(int(r.RecordsPerSecond)))
	row("the same, written plainly, one key a record", "%s", cli.Thousands(int(r.PlainRecordsPerSecond)))
	row("ratio (G1)", "%.2f", r.SpeedRatio)
	row("CPU seconds a million records (G2)", "%.2f: agents %.2f, relay %.2f, store %.2f", r.CPU.Total, r.CPU.Fleet, r.CPU.Relay, r.CPU.Store)
	row("the same, of the plain write", "%.2f", r.PlainCPU)
	for _, e := range r.Envelopes {
		e.print(row)
	}
	env.Printf("\nSize\n")
	if r.PageBytes > 0 {
		row("bytes of a full page a record (G9)", "%.2f; %.0f records a page", r.PageBytes, r.PageRecords)
	}
	row("bytes of disk a stored record (G10)", "%.2f", r.DiskBytes)
	if r.StoreMemory > 0 {
		row("anonymous memory of the store (G12)", "%d MiB at most, with a limit of %d MiB", r.StoreMemory>>20, r.MemoryLimit>>20)
	}
	for _, name := range []string{"fleet", "relay", "store"} {
		env.Printf("\nCPU seconds a million records, by package: %s\n", name)
		for _, p := range r.Packages[name] {
			if p.Seconds >= 0.005 {
				row(p.Package, "%.2f", p.Seconds)
			}
		}
	}
}

//go:build linux

package bench

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// commandReport is what "tacit bench --json" prints, as scripts read it.
type commandReport struct {
	Installations int       `json:"installations"`
	Records       int       `json:"records"`
	Speed         float64   `json:"records_per_second"`
	Plain         float64   `json:"plain_records_per_second"`
	Ratios        []float64 `json:"speed_ratios"`
	CPU           struct {
		Total, Fleet, Relay, Store float64
	} `json:"cpu_seconds_per_million_records"`
	Packages map[string][]struct {
		Package string  `json:"package"`
		Seconds float64 `json:"cpu_seconds_per_million_records"`
	} `json:"cpu_by_package"`
	Envelopes []struct {
		Kind       string  `json:"kind"`
		Bytes      int     `json:"bytes"`
		Count      int     `json:"count"`
		OnTwoCores float64 `json:"per_second_on_two_cores_by_cpu"`
	} `json:"envelopes"`
	PageBytes float64 `json:"page_bytes_per_record"`
	DiskBytes float64 `json:"disk_bytes_per_record"`
	Memory    int64   `json:"store_anonymous_bytes"`
}

// TestCommand runs the command on a small fleet and looks at whether its figures
// can be true: they are measured for each process, add up, and are of what was
// asked for.
func TestCommand(t *testing.T) {
	var r commandReport
	rig.Tacit(t, "bench", "--installations", "3", "--records", "6000", "--rounds", "2", "--envelopes", "100", "--json", "--data", rig.Dir(t)).JSON(t, &r)
	if r.Installations != 3 || r.Records != 6000 || len(r.Ratios) != 2 || r.Speed <= 0 || r.Plain <= r.Speed/1000 {
		t.Errorf("the path: %+v", r)
	}
	sum := r.CPU.Fleet + r.CPU.Relay + r.CPU.Store
	if r.CPU.Fleet <= 0 || r.CPU.Relay <= 0 || r.CPU.Store <= 0 || sum < 0.99*r.CPU.Total || sum > 1.01*r.CPU.Total {
		t.Errorf("CPU: %+v", r.CPU)
	}
	for name, used := range map[string]float64{"fleet": r.CPU.Fleet, "relay": r.CPU.Relay, "store": r.CPU.Store} {
		shares := 0.0
		for _, p := range r.Packages[name] {
			shares += p.Seconds
		}
		if len(r.Packages[name]) > 0 && (shares < 0.99*used || shares > 1.01*used) {
			t.Errorf("the %s's packages add up to %.2f of %.2f", name, shares, used)
		}
	}
	if len(r.Envelopes) != 2 || r.Envelopes[0].Bytes != 1024 || r.Envelopes[1].Bytes != 4096 ||
		r.Envelopes[0].Count != 100 || r.Envelopes[0].OnTwoCores <= 0 || r.Envelopes[1].OnTwoCores <= 0 {
		t.Errorf("envelopes: %+v", r.Envelopes)
	}
	if r.PageBytes < 1 || r.PageBytes > 100 || r.DiskBytes < r.PageBytes || r.Memory < 1<<20 {
		t.Errorf("sizes: page %.1f and disk %.1f bytes a record, memory %d", r.PageBytes, r.DiskBytes, r.Memory)
	}
}

func TestCommandRefusals(t *testing.T) {
	for name, args := range map[string][]string{
		"no installation": {"--installations", "0"}, "no round": {"--rounds", "0"}, "fewer records than installations": {"--records", "1"},
		"a negative number of envelopes": {"--envelopes", "-1"},
	} {
		r := rig.Tacit(t, append([]string{"bench"}, args...)...).Run(t)
		if r.Code != 2 || r.Stdout != "" || !strings.HasPrefix(r.Stderr, "error: "+args[0]+" is ") || !strings.Contains(r.Stderr, "\nhint: ") {
			t.Errorf("%s: exit %d: %s%s", name, r.Code, r.Stdout, r.Stderr)
		}
	}
	// One who refuses telemetry is not asked to measure it.
	c := rig.Tacit(t, "bench", "--installations", "1", "--records", "100", "--envelopes", "0")
	c.Env = append(c.Env, "DO_NOT_TRACK=1")
	if r := c.Run(t); r.Code != 1 || !strings.Contains(r.Stderr, "refuses telemetry") {
		t.Errorf("DO_NOT_TRACK: exit %d: %s", r.Code, r.Stderr)
	}
}

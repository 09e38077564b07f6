package rig

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Metric returns one count of a daemon, as its /metrics has it: a name, with
// labels as they are written there. One that is not there is zero.
func (d *Daemon) Metric(t testing.TB, name string) float64 {
	t.Helper()
	address := strings.TrimSuffix(d.Told(t, "health"), "readyz") + "metrics"
	r, err := http.Get(address)
	if err != nil {
		t.Fatalf("read the metrics: %v", err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("%s is %q", name, text)
			}
			return n
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("read the metrics: %v", err)
	}
	return 0
}

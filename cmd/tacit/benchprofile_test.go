package main

import (
	"path/filepath"
	"testing"
	"time"
)

func TestPackageName(t *testing.T) {
	for function, want := range map[string]string{
		"github.com/tacit-telemetry/tacit/agent/spool.(*writer).run":                                       "agent/spool",
		"github.com/tacit-telemetry/tacit/anon.(*Treatments).Apply":                                        "anon",
		"github.com/tacit-telemetry/tacit/store/rollup.merge[go.shape.struct { github.com/x/y.A string }]": "store/rollup",
		"github.com/dgraph-io/badger/v4.(*DB).Update":                                                      "Badger",
		"github.com/nats-io/nats-server/v2/server.(*client).readLoop":                                      "NATS server",
		"github.com/nats-io/nats.go.(*Conn).publish":                                                       "NATS client",
		"main.send":        packageOfTheBench,
		"runtime.mallocgc": "",
		"crypto/hpke.Seal": "",
	} {
		if got := packageName(function); got != want {
			t.Errorf("%s: %q, want %q", function, got, want)
		}
	}
}

// TestReadProfile profiles this very process.
func TestReadProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	sum := 0
	err := profiled(path, func() error {
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
			for i := range 100_000 {
				sum += i * sum
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := readProfile(path)
	if err != nil || sum == 1 {
		t.Fatal(err)
	}
	total := 0.0
	for _, s := range seconds {
		total += s
	}
	// A machine that is busy gives less than was asked for, and never more.
	if total < 0.01 || total > 5 || seconds["cmd/tacit"]+seconds[packageOfTheBench] < total/2 {
		t.Errorf("seconds by package: %v", seconds)
	}
	if _, err := readProfile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a profile that is not there was read")
	}
}

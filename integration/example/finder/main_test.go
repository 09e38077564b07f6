package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/integration/example/finder/telemetry"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
	"github.com/tacit-telemetry/tacit/schema/registry/generate"
)

// TestGenerated: the functions are those of the registry as it is; "go generate"
// here makes them again.
func TestGenerated(t *testing.T) {
	r, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate.Go(r, generate.Config{Product: "finder", Package: "telemetry"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("telemetry/telemetry.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("telemetry.go is not of this registry: run go generate ./integration/example/finder")
	}
}

// TestCallsDoNotAllocate: before Start, with an agent and without.
func TestCallsDoNotAllocate(t *testing.T) {
	calls := func(when string) {
		t.Helper()
		if n := testing.AllocsPerRun(300, func() { telemetry.MenuUsed(telemetry.MenuOpen) }); n != 0 {
			t.Errorf("%s: a counter allocates %v times", when, n)
		}
		if n := testing.AllocsPerRun(300, func() { telemetry.OperationDuration(time.Second, telemetry.OperationSearch) }); n != 0 {
			t.Errorf("%s: a duration allocates %v times", when, n)
		}
	}
	calls("before Start")
	for when, setting := range map[string]string{"on": "", "off": "1"} {
		t.Setenv("DO_NOT_TRACK", setting)
		c := telemetry.Start(version, client.Config{Dir: t.TempDir()})
		if (c == nil) != (when == "off") {
			t.Errorf("%s: the client is %v", when, c)
		}
		calls(when)
		c.Close()
	}
}

// BenchmarkGenerated has room for every call, as an agent leaves it that empties
// the ring in time.
func BenchmarkGenerated(b *testing.B) {
	c := telemetry.Start(version, client.Config{Dir: b.TempDir()})
	defer c.Close()
	for name, call := range map[string]func(){
		"count":    func() { telemetry.MenuUsed(telemetry.MenuOpen) },
		"duration": func() { telemetry.OperationDuration(time.Millisecond, telemetry.OperationSearch) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 1; b.Loop(); i++ {
				call()
				if i%500 == 0 {
					b.StopTimer()
					c.Flush(b.Context())
					b.StartTimer()
				}
			}
		})
	}
}

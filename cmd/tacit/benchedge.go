package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/certificate"
)

// benchEdge is the vendor's side of the bench: a relay that holds the stream,
// and a store.
type benchEdge struct {
	relay, store *benchDaemon

	address, credential string
	fingerprint         certificate.Fingerprint
	vendor              ed25519.PublicKey
	storeData           string
}

// startBenchEdge starts both, with the settings of the field but for the
// quotas, which a fleet on one machine would be over at once, and the waits that
// hide in time what nobody watches here.
func startBenchEdge(ctx context.Context, env *cli.Env, dir, profiles string) (*benchEdge, error) {
	e := &benchEdge{credential: "bench-channel", storeData: filepath.Join(dir, "store")}
	var err error
	e.relay, err = startBenchDaemon(ctx, env, "relay", dir, profiles, map[string]any{
		"data": filepath.Join(dir, "relay"), "listen": anyPort, "metrics": "off",
		"credential": e.credential, "max_connections": 4096,
		"stream": map[string]any{"max_size": "2GiB", "store_credential": "bench-store"},
		"pool":   map[string]any{"min_peers": 8, "max_wait": "200ms", "flush_every": "20ms"},
		"quota":  map[string]any{"envelopes": 10_000_000, "bytes": "64GiB"},
	})
	if err != nil {
		return nil, err
	}
	e.address = e.relay.told("listens on")
	if err := e.fingerprint.UnmarshalText([]byte(e.relay.told("certificate"))); err != nil {
		return nil, errors.Join(err, e.relay.end())
	}
	e.store, err = startBenchDaemon(ctx, env, "store", dir, profiles, map[string]any{
		"data": e.storeData, "keys": filepath.Join(dir, "store-keys"), "relays": []string{"tls://" + e.address},
		"fingerprint": e.fingerprint.String(), "credential": "bench-store", "metrics": "off",
	})
	if err != nil {
		return nil, errors.Join(err, e.relay.end())
	}
	if e.vendor, err = hex.DecodeString(e.store.told("vendor_key")); err != nil {
		return nil, errors.Join(fmt.Errorf("read what the store says of its key: %w", err), e.end())
	}
	return e, nil
}

// end ends both, the store first: it hands back what it holds of the stream.
func (e *benchEdge) end() error { return errors.Join(e.store.end(), e.relay.end()) }

// benchCPU is CPU seconds used by each process.
type benchCPU struct{ relay, store float64 }

func (e *benchEdge) cpu() benchCPU { return benchCPU{e.relay.cpu(), e.store.cpu()} }

// benchDaemon is one process.
type benchDaemon struct {
	name string
	cmd  *exec.Cmd
	in   io.Closer
	line string // by which it said that it runs

	mu   sync.Mutex
	text strings.Builder // all that it said after that

	running sync.WaitGroup // reads what it says, and its memory
	ended   bool
	quiet   chan struct{} // closed to end the watch over its memory
	peak    int64         // anonymous memory, in bytes; 0: not known
}

func startBenchDaemon(ctx context.Context, env *cli.Env, name, dir, profiles string, settings map[string]any) (*benchDaemon, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, name+".yaml")
	b, err := yaml.Marshal(settings)
	if err == nil {
		err = os.WriteFile(config, b, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("configure the %s: %w", name, err)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"bench", "part", name, "--config", config}
	if profiles != "" {
		args = append(args, "--cpuprofile", filepath.Join(profiles, name+".pprof"))
	}
	d := &benchDaemon{name: name, cmd: exec.CommandContext(ctx, program, args...), quiet: make(chan struct{})}
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	said, err := d.cmd.StderrPipe()
	if err == nil {
		err = d.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the %s: %w", name, err)
	}
	return d, d.waitLine(bufio.NewReader(said))
}

// waitLine waits for the line by which a daemon says that it runs.
func (d *benchDaemon) waitLine(said *bufio.Reader) error {
	got := make(chan string, 1)
	d.running.Go(func() {
		defer close(got)
		for {
			line, err := said.ReadString('\n')
			if strings.Contains(line, " runs; ") && d.line == "" {
				d.line = strings.TrimSpace(line)
				got <- d.line
			}
			d.mu.Lock()
			d.text.WriteString(line)
			d.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	select {
	case line, ok := <-got:
		if ok && line != "" {
			return nil
		}
	case <-time.After(benchPatience):
	}
	return errors.Join(fmt.Errorf("the %s did not start: %s", d.name, d.said()), d.end())
}

func (d *benchDaemon) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.TrimSpace(d.text.String())
}

// told returns what the start line says of something.
func (d *benchDaemon) told(words string) string {
	for part := range strings.SplitSeq(d.line, "; ") {
		if rest, ok := strings.CutPrefix(part, words+" "); ok {
			return rest
		}
	}
	return ""
}

// end closes the process's input and waits for it. It may be called again.
func (d *benchDaemon) end() error {
	if d == nil || d.ended {
		return nil
	}
	d.ended = true
	close(d.quiet)
	_ = d.in.Close()
	kill := time.AfterFunc(benchPatience, func() { _ = d.cmd.Process.Kill() })
	defer kill.Stop()
	d.running.Wait()
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("the %s: %w: %s", d.name, err, d.said())
	}
	return nil
}

// cpu returns the CPU seconds that the process has used, its own and the
// kernel's for it.
func (d *benchDaemon) cpu() float64 {
	if d.ended {
		return (d.cmd.ProcessState.UserTime() + d.cmd.ProcessState.SystemTime()).Seconds()
	}
	return processCPU(d.cmd.Process.Pid)
}

// processCPU returns the CPU seconds of a process that runs.
func processCPU(pid int) float64 {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0
	}
	t, err := p.Times()
	if err != nil {
		return 0
	}
	return t.User + t.System
}

// watchMemory looks at the process's anonymous memory until it is ended.
func (d *benchDaemon) watchMemory() {
	d.running.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-d.quiet:
				return
			case <-tick.C:
				d.peak = max(d.peak, anonymousMemory(d.cmd.Process.Pid))
			}
		}
	})
}

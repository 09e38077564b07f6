package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
)

// patient is how long a test waits for what must happen.
const patient = 15 * time.Second

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patient); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
}

// machines are those of a vendor and a site, in one directory, set up from
// the shipped examples.
type machines struct {
	t     *testing.T
	dir   string
	ports map[string]string // those of the examples to free ones
	file  map[string]string // configuration by example
}

func newMachines(t *testing.T) *machines {
	t.Helper()
	t.Setenv("GOMEMLIMIT", "1GiB") // the daemons leave this process's own alone
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &machines{t: t, dir: dir, ports: map[string]string{}, file: map[string]string{}}
	for _, port := range []string{"8470", "8471", "8472", "8473", "8474", "8475", "8476"} {
		_, m.ports[port], _ = net.SplitHostPort(testhost.FreeAddress(t))
	}
	return m
}

// set writes an example's file with its ports and directories replaced, and
// the given pairs.
func (m *machines) set(example string, replace ...string) {
	m.t.Helper()
	b, err := os.ReadFile(example)
	if err != nil {
		m.t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), ".tacit/", m.dir+"/")
	for from, to := range m.ports {
		text = strings.ReplaceAll(text, "127.0.0.1:"+from, "127.0.0.1:"+to)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			m.t.Fatalf("%q is not in %s", replace[i], example)
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	m.file[example] = filepath.Join(m.dir, example)
	if err := os.WriteFile(m.file[example], []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// running is a daemon of this process.
type running struct {
	t      *testing.T
	cancel context.CancelFunc
	ended  chan error

	mu  sync.Mutex
	err bytes.Buffer // its stderr
}

// Write takes the daemon's stderr.
func (r *running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err.Write(b)
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err.String()
}

// find waits for what the daemon says and returns the first group of it.
func (r *running) find(pattern string) string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	until(r.t, pattern, func() bool {
		select {
		case err := <-r.ended:
			r.ended <- err // for stop
			r.t.Fatalf("it ended: %v", err)
		default:
		}
		return re.MatchString(r.said())
	})
	return re.FindStringSubmatch(r.said())[1]
}

func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Error(err)
		}
	case <-time.After(patient):
		r.t.Fatal("it does not end")
	}
	r.ended <- nil
}

// start starts a daemon with an example's file.
func (m *machines) start(example string, run func(context.Context, *cli.Env, daemonOptions) error) *running {
	m.t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // Cleanup ends it in order
	r := &running{t: m.t, cancel: cancel, ended: make(chan error, 1)}
	go func() {
		r.ended <- run(ctx, &cli.Env{Out: io.Discard, Err: r}, daemonOptions{config: m.file[example], verbose: true})
	}()
	m.t.Cleanup(func() {
		cancel()
		<-r.ended
	})
	r.find(`( runs; )`)
	return r
}

func (m *machines) get(port, path string) (int, string) {
	m.t.Helper()
	resp, err := http.Get("http://127.0.0.1:" + m.ports[port] + path)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// ready waits for what /readyz says.
func (m *machines) ready(port, want string) {
	m.t.Helper()
	last := ""
	defer func() {
		if m.t.Failed() {
			m.t.Logf("the last was %q", last)
		}
	}()
	until(m.t, want, func() bool {
		_, last = m.get(port, "/readyz")
		return strings.Contains(last, want)
	})
}

func (m *machines) read(path ...string) string {
	m.t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{m.dir}, path...)...))
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// TestDaemons runs edge, store and site from the shipped examples, with what an
// administrator reads off one filled into the next.
func TestDaemons(t *testing.T) {
	m := newMachines(t)
	m.set("edge.yaml")
	edge := m.start("edge.yaml", runRelay)
	pin := edge.find(`certificate (([0-9A-F]{2}:){31}[0-9A-F]{2})`)
	m.ready("8476", "ready")

	m.set("store.yaml", "EXAMPLE-TAKE-IT-FROM-THE-EDGE\ncredential", pin+"\ncredential", "EXAMPLE-TAKE-IT-FROM-THE-EDGE", m.read("edge", "keys", "store-channel"))
	store := m.start("store.yaml", runStore)
	vendor := store.find(`vendor_key ([0-9a-f]{64})`)
	m.ready("8474", "ready")
	until(t, "the edge has the key list", func() bool {
		_, counts := m.get("8476", "/metrics")
		return strings.Contains(counts, "\ntacit_relay_key_list_version 1\n") && strings.Contains(counts, "\ntacit_relay_stores 1\n")
	})

	m.set("site.yaml", "EXAMPLE-TAKE-IT-FROM-THE-VENDOR\n  credential", pin+"\n  credential",
		"EXAMPLE-TAKE-IT-FROM-THE-VENDOR", m.read("edge", "keys", "channel"), strings.Repeat("0", 64), vendor)
	site := m.start("site.yaml", runRelay)
	m.ready("8473", "ready")
	until(t, "the site has the key list", func() bool {
		_, counts := m.get("8473", "/metrics")
		return strings.Contains(counts, "\ntacit_relay_key_list_version 1\n") && strings.Contains(counts, "\ntacit_relay_policy_on 1\n")
	})
	m.checkConsole(site)
	m.checkHeld()
	m.checkRecover(true)
	m.checkCertificate(site)

	edge.stop()
	m.ready("8474", "not ready: the edge does not answer")
	m.ready("8473", "not ready: the next relay is away")
	edge = m.start("edge.yaml", runRelay)
	m.ready("8474", "ready")
	m.ready("8473", "ready")
	for name, r := range map[string]*running{"site": site, "store": store, "edge": edge} {
		begin := time.Now()
		r.stop()
		if took := time.Since(begin); took > 4*time.Second { // two are promised; the rest is for a busy machine
			t.Errorf("%s ended after %v", name, took)
		}
	}
	m.checkRecover(false)
	m.checkModes()
}

// checkConsole: the console is where it says, and wants the code that is in the
// log and in its file, and nowhere else.
func (m *machines) checkConsole(site *running) {
	m.t.Helper()
	code := site.find(`setup code (\S+):`)
	if got := m.read("site", "relay", "console", "setup-code"); !strings.Contains(got, code) {
		m.t.Errorf("the file says %q, the log %q", got, code)
	}
	if status, body := m.get("8470", "/setup"); status != http.StatusOK || strings.Contains(body, code) {
		m.t.Errorf("status %d of /setup", status)
	}
	if _, counts := m.get("8473", "/metrics"); strings.Contains(counts, code) || strings.Contains(counts, m.read("site", "keys", "channel")) {
		m.t.Error("a secret is in the metrics")
	}
}

// checkCertificate: `config check` names the certificate that is shown.
func (m *machines) checkCertificate(site *running) {
	m.t.Helper()
	s, err := readRelaySettings(m.file["site.yaml"])
	if err != nil {
		m.t.Fatal(err)
	}
	r, err := s.report(new(cli.Env), "f")
	if err != nil || len(r.Notes) != 1 || !strings.HasSuffix(r.Notes[0], site.find(`certificate (([0-9A-F]{2}:){31}[0-9A-F]{2})`)) {
		m.t.Errorf("notes %q, %v", r.Notes, err)
	}
}

// checkHeld: a second relay on the same directory says who has it.
func (m *machines) checkHeld() {
	m.t.Helper()
	err := runRelay(m.t.Context(), &cli.Env{Err: io.Discard}, daemonOptions{config: m.file["site.yaml"]})
	wantHinted(m.t, err, fmt.Sprintf("process %d holds the data directory", os.Getpid()))
}

// checkRecover restores access and finds it in the history.
func (m *machines) checkRecover(runs bool) {
	m.t.Helper()
	before := m.notes()
	var out bytes.Buffer
	if err := recoverAccess(m.t.Context(), &cli.Env{Out: &out, Err: io.Discard, JSON: true}, m.file["site.yaml"], ""); err != nil {
		m.t.Fatal(err)
	}
	var got recovery
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Code) < 26 || !strings.HasSuffix(got.URL, m.ports["8470"]+"/recover") || time.Until(got.Until) < 59*time.Minute {
		m.t.Errorf("%+v, %v", got, err)
	}
	if after := m.notes(); after != before+1 {
		m.t.Errorf("%d notes of recovery, want %d (relay runs: %v)", after, before+1, runs)
	}
}

// notes counts the recoveries in the history.
func (m *machines) notes() (n int) {
	m.t.Helper()
	data := datadir.Dir(filepath.Join(m.dir, "site"))
	p, err := policy.Open(policy.Config{Dir: filepath.Join(data.Relay(), "policy"), Witness: data.Witness("relay"), Release: 1})
	if err != nil {
		m.t.Fatal(err)
	}
	entries, err := p.History(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Act == web.ActRestored && e.By == byRecover {
			n++
		}
	}
	return n
}

// checkModes: nobody but the owner reads a secret.
func (m *machines) checkModes() {
	m.t.Helper()
	if runtime.GOOS == "windows" {
		return // it has no modes
	}
	for _, path := range []string{"edge/keys/channel", "edge/keys/store-channel", "edge/keys/desk-channel", "site/keys/channel", "vendor-keys/vendor.key", "site/relay/tls/key.pem"} {
		info, err := os.Stat(filepath.Join(m.dir, path))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			m.t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}

// TestWrongSecrets: what is wrong is said by a fixed sentence, without an
// address.
func TestWrongSecrets(t *testing.T) {
	m := newMachines(t)
	m.set("edge.yaml")
	edge := m.start("edge.yaml", runRelay)
	pin := edge.find(`certificate (([0-9A-F]{2}:){31}[0-9A-F]{2})`)
	for name, c := range map[string]struct {
		pin, credential, want, edge string
	}{
		"certificate": {testPin, m.read("edge", "keys", "store-channel"), "the relay shows another certificate", "does not believe this certificate"},
		"credential":  {pin, m.read("edge", "keys", "channel") + "x", "the edge refuses the credential for stores", "wrong credential"},
	} {
		t.Run(name, func(t *testing.T) {
			m.set("store.yaml", "EXAMPLE-TAKE-IT-FROM-THE-EDGE\ncredential", c.pin+"\ncredential", "EXAMPLE-TAKE-IT-FROM-THE-EDGE", c.credential)
			store := m.start("store.yaml", runStore)
			m.ready("8474", c.want)
			store.find("(" + c.want + ")")
			edge.find("(" + c.edge + ")")
			store.stop()
			for _, said := range []string{store.said(), edge.said()} {
				for line := range strings.Lines(said) {
					if !strings.Contains(line, " runs; ") && strings.Contains(line, "127.0.0.1") {
						t.Errorf("an address is in %q", line)
					}
				}
			}
		})
	}
}

func TestRecoverRefuses(t *testing.T) {
	m := newMachines(t)
	m.set("edge.yaml")
	env := &cli.Env{Out: io.Discard, Err: io.Discard}
	wantHinted(t, recoverAccess(t.Context(), env, m.file["edge.yaml"], ""), "this relay has no console")
	m.set("edge.yaml", "stream:\n", "site: true\nstream:\n")
	wantHinted(t, recoverAccess(t.Context(), env, m.file["edge.yaml"], ""), "no console was ever started")
}

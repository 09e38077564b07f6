package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// keys runs a command of tacit store keys with --json.
func (m *machines) keys(args ...string) (keysJSON, error) {
	m.t.Helper()
	var out bytes.Buffer
	c := storeKeysCommand(&cli.Env{Out: &out, Err: io.Discard, JSON: true})
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(append(args, "--config", m.file["store.yaml"]))
	if err := c.ExecuteContext(m.t.Context()); err != nil {
		return keysJSON{}, err
	}
	if strings.Contains(out.String(), `"private"`) {
		m.t.Error("a private part is shown")
	}
	var got keysJSON
	return got, json.Unmarshal(out.Bytes(), &got)
}

// mustKeys runs one that must not fail.
func (m *machines) mustKeys(args ...string) keysJSON {
	m.t.Helper()
	got, err := m.keys(args...)
	if err != nil {
		m.t.Fatalf("%v: %v", args, err)
	}
	return got
}

func (m *machines) active() string {
	m.t.Helper()
	for _, k := range m.mustKeys("list").Keys {
		if k.State == ingest.KeyActive {
			return fmt.Sprint(k.ID)
		}
	}
	m.t.Fatal("no key is active")
	return ""
}

// edgeHas waits until the edge serves a list.
func (m *machines) edgeHas(version uint64) {
	m.t.Helper()
	until(m.t, fmt.Sprintf("the edge has list %d", version), func() bool {
		_, counts := m.get("8476", "/metrics")
		return strings.Contains(counts, fmt.Sprintf("\ntacit_relay_key_list_version %d\n", version))
	})
}

// newVendor starts an edge and sets up a store.
func newVendor(t *testing.T) (m *machines, pin string) {
	t.Helper()
	m = newMachines(t)
	m.set("edge.yaml", "min_peers: 8", "min_peers: 1", "max_wait: 10m", "max_wait: 100ms", "flush_every: 1m", "flush_every: 50ms")
	edge := m.start("edge.yaml", runRelay)
	pin = edge.find(`certificate (([0-9A-F]{2}:){31}[0-9A-F]{2})`)
	m.set("store.yaml", "EXAMPLE-TAKE-IT-FROM-THE-EDGE\ncredential", pin+"\ncredential", "EXAMPLE-TAKE-IT-FROM-THE-EDGE", m.read("edge", "keys", "store-channel"))
	return m, pin
}

// TestStoreKeys takes a store through its life with every command, while it runs
// and while it does not.
func TestStoreKeys(t *testing.T) {
	m, _ := newVendor(t)
	_, err := m.keys("list")
	wantHinted(t, err, "there is no store here")
	s := m.start("store.yaml", runStore)
	m.edgeHas(1)
	backup := readFile(m.t, filepath.Join(m.dir, "vendor-keys", "envelope.json"))
	first := m.mustKeys("list")
	if len(first.Keys) != 2 || !first.Signed || first.Sealed || !strings.Contains(s.said(), first.VendorKey) {
		t.Errorf("%+v", first)
	}
	m.mustKeys("rotate")
	m.edgeHas(2)
	m.mustKeys("rotate", "--destroy", m.active())
	m.edgeHas(3)
	_, err = m.keys("rotate", "--destroy", "99")
	wantHinted(t, err, "key 99")

	out := filepath.Join(m.dir, "list")
	published := m.mustKeys("publish", "--out", out)
	public, _ := hex.DecodeString(published.VendorKey)
	if l, err := envelope.VerifyKeyList(public, []byte(readFile(t, out))); err != nil || l.Version != 3 {
		t.Errorf("written list: %v", err)
	}
	s.stop()
	if direct := m.mustKeys("list"); direct.Fingerprint != published.Fingerprint || !direct.Signed {
		t.Errorf("nobody runs it: %+v, want %s", direct, published.Fingerprint)
	}
	m.checkOlderBackup(backup)
	m.checkSealed()
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkOlderBackup puts older keys back: the store hears from the edge that its
// list is old, and goes beyond it.
func (m *machines) checkOlderBackup(backup string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, "vendor-keys", "envelope.json"), []byte(backup), 0o600); err != nil {
		m.t.Fatal(err)
	}
	s := m.start("store.yaml", runStore)
	s.find(`(these keys are from an older backup)`)
	until(m.t, "the edge has a list beyond", func() bool {
		got := m.mustKeys("publish")
		_, counts := m.get("8476", "/metrics")
		return got.Version > 3 && strings.Contains(counts, fmt.Sprintf("\ntacit_relay_key_list_version %d\n", got.Version))
	})
	s.stop()
}

// checkSealed seals the secrets of a store that runs, and starts it with and
// without the passphrase.
func (m *machines) checkSealed() {
	m.t.Helper()
	s := m.start("store.yaml", runStore)
	pass := filepath.Join(m.dir, "passphrase")
	if err := os.WriteFile(pass, []byte("open sesame\n"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	_, err := m.keys("seal")
	wantHinted(m.t, err, "no passphrase")
	m.mustKeys("seal", "--passphrase-file", pass)
	if got := m.mustKeys("list"); !got.Sealed {
		m.t.Error("the store that runs goes on with plain secrets")
	}
	other := filepath.Join(m.dir, "other")
	if err := os.WriteFile(other, []byte("another word\n"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--plain"}, {"--plain", "--passphrase-file", other}, {"--passphrase-file", other}, {"--passphrase-file", other, "--old-passphrase-file", other},
	} {
		_, err := m.keys(append([]string{"seal"}, args...)...)
		wantHinted(m.t, err, secret.ErrPassphrase.Error())
	}
	m.mustKeys("seal", "--passphrase-file", other, "--old-passphrase-file", pass)
	m.mustKeys("seal", "--passphrase-file", pass, "--old-passphrase-file", other)
	s.stop()
	err = runStore(m.t.Context(), &cli.Env{Out: io.Discard, Err: io.Discard}, daemonOptions{config: m.file["store.yaml"]})
	wantHinted(m.t, err, secret.ErrPassphrase.Error())
	_, err = m.keys("list")
	wantHinted(m.t, err, secret.ErrPassphrase.Error())
	m.set("store.yaml", "EXAMPLE-TAKE-IT-FROM-THE-EDGE\ncredential", m.pinOf()+"\ncredential", "EXAMPLE-TAKE-IT-FROM-THE-EDGE",
		m.read("edge", "keys", "store-channel"), "# passphrase_file:", "passphrase_file:")
	m.start("store.yaml", runStore).stop()
	m.t.Setenv("CREDENTIALS_DIRECTORY", m.dir) // as systemd gives it
	if err := os.Rename(pass, filepath.Join(m.dir, secret.CredentialName)); err != nil {
		m.t.Fatal(err)
	}
	m.set("store.yaml", "EXAMPLE-TAKE-IT-FROM-THE-EDGE\ncredential", m.pinOf()+"\ncredential", "EXAMPLE-TAKE-IT-FROM-THE-EDGE",
		m.read("edge", "keys", "store-channel"))
	if got := m.mustKeys("list"); !got.Sealed {
		m.t.Error("the credential does not open it")
	}
	m.mustKeys("seal", "--plain")
	_, err = m.keys("list")
	wantHinted(m.t, err, secret.ErrPlain.Error())
	m.t.Setenv("CREDENTIALS_DIRECTORY", "")
	if got := m.mustKeys("rotate"); got.Sealed {
		m.t.Error("it is sealed again")
	}
}

// pinOf reads the fingerprint from the store's file.
func (m *machines) pinOf() string {
	m.t.Helper()
	for line := range strings.Lines(readFile(m.t, m.file["store.yaml"])) {
		if pin, ok := strings.CutPrefix(line, "fingerprint: "); ok {
			return strings.TrimSpace(pin)
		}
	}
	m.t.Fatal("no fingerprint")
	return ""
}

// TestAgentsThatWereAway: an agent that holds a key which was destroyed
// meanwhile is told to seal again, while connected and after a long absence, and
// loses nothing.
func TestAgentsThatWereAway(t *testing.T) {
	m, pin := newVendor(t)
	m.start("store.yaml", runStore)
	m.edgeHas(1)
	list := m.mustKeys("list")
	a := newAway(t, m, pin, list.VendorKey)
	a.send(t, 1)

	m.mustKeys("rotate", "--destroy", m.active())
	m.edgeHas(2)
	a.send(t, 2) // still connected, with the old list
	if _, counts := m.get("8476", "/metrics"); !strings.Contains(counts, `tacit_relay_refused_total{reason="key"} 1`) {
		t.Error("the edge has not refused what was sealed to the destroyed key")
	}

	a.up.Hangup()
	m.mustKeys("rotate", "--destroy", m.active())
	m.edgeHas(3)
	a.restart(t)
	a.send(t, 3)
}

// away is an agent's sending half on real files.
type away struct {
	config upload.Config
	spool  *spool.Spool
	up     *upload.Uploader
}

// always takes what a relay without a policy says.
type always struct{}

func (always) Hear(wire.Policy) error { return nil }
func (always) HearNone() error        { return nil }

func newAway(t *testing.T, m *machines, pin, vendor string) *away {
	t.Helper()
	dir := t.TempDir()
	s, err := spool.Open(spool.Config{Dir: filepath.Join(dir, "spool")})
	if err != nil {
		t.Fatal(err)
	}
	o, err := outbox.Open(outbox.Config{Dir: filepath.Join(dir, "outbox")})
	if err != nil {
		t.Fatal(err)
	}
	yes := func() bool { return true }
	a := &away{spool: s, config: upload.Config{
		Relays: []string{"tls://127.0.0.1:" + m.ports["8475"]}, Credential: m.read("edge", "keys", "channel"),
		Dir: dir, Root: page.NewRoot([16]byte{7}), Spool: s, Outbox: o, Site: always{},
		MaySend: yes, MayListen: yes, SiteOff: func() bool { return false },
		Passes: func(spool.Batch) (bool, error) { return true, nil }, Timeout: patient,
	}}
	a.config.Vendor, err = hex.DecodeString(vendor)
	if err := errors.Join(err, a.config.Fingerprint.UnmarshalText([]byte(pin))); err != nil {
		t.Fatal(err)
	}
	a.restart(t)
	t.Cleanup(func() {
		a.up.Hangup()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func (a *away) restart(t *testing.T) {
	t.Helper()
	var err error
	if a.up, err = upload.New(a.config); err != nil {
		t.Fatal(err)
	}
}

// send spools a fragment and wants it stored.
func (a *away) send(t *testing.T, n byte) {
	t.Helper()
	today := schema.DayOf(time.Now())
	fragment, err := codec.EncodeFragment(codec.Fragment{
		Day: today, Release: 1, Facets: []codec.Pair{{Name: "service.version", Value: "0.1.0"}, {Name: "os.type", Value: "linux"}},
		Values: []codec.Measure{{Metric: "tacit.command.used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: uint64(n), Sum: int64(n)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := spool.Batch{ID: schema.NewBatchID(), Kind: envelope.Fragment, Day: today, Records: 1, Plain: fragment}
	if err := a.spool.Cut(t.Context(), spool.Cut{Batches: []spool.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	sum, err := a.up.Flush(ctx, true)
	if left := a.spool.Pending(); err != nil || len(left) != 0 {
		t.Fatalf("round %d: %+v, %v, %d left", n, sum, err, len(left))
	}
}

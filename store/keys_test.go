package store_test

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// lists is what an edge does with key lists: it serves the newest that its
// vendor signed, and answers which that is.
type lists struct {
	mu     sync.Mutex
	vendor ed25519.PublicKey
	served []byte
	heard  int
}

func (e *edge) serveKeys(vendor ed25519.PublicKey, first []byte) *lists {
	e.t.Helper()
	l := &lists{vendor: vendor, served: first}
	_, err := e.conn.Subscribe(wire.SubjectKeys, func(m *nats.Msg) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard++
		now, _ := envelope.VerifyKeyList(l.vendor, l.served)
		if list, err := envelope.VerifyKeyList(l.vendor, m.Data); err == nil && (now == nil || list.Version > now.Version) {
			l.served = slices.Clone(m.Data)
		}
		if err := m.Respond(l.served); err != nil {
			e.t.Error(err)
		}
	})
	if err == nil {
		err = e.conn.Flush()
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return l
}

func (l *lists) version() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	list, err := envelope.VerifyKeyList(l.vendor, l.served)
	if err != nil {
		return 0
	}
	return list.Version
}

func keeper(t *testing.T, h house, pass secret.Passphrase) store.Keeper {
	t.Helper()
	k, err := store.OpenKeeper(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run, Passphrase: pass})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestRotationUnderLoad rotates while envelopes come: what was sealed before
// and after is stored, and what was sealed to a destroyed key is counted.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	served := e.serveKeys(vendorPublic, nil)
	s := start(t, h.config(e))
	k := keeper(t, h, nil)
	before := newHost(t, s)
	var sent []*envelope.Sealed
	for range 3 {
		for range 2 {
			early := before.seal(before.fragment(today, 1))
			if _, err := k.Rotate(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			late := newHost(t, s)
			sent = append(sent, early, late.seal(late.fragment(today, 1)))
		}
		for i, got := range e.send(sent...) {
			if got != wire.Stored {
				t.Errorf("envelope %d: %s", i, got)
			}
		}
		sent = nil
	}
	r, err := k.Rotate(t.Context(), []uint32{before.key.ID})
	if err != nil || r.Edges != "told 1" || served.version() != r.Keys.Version {
		t.Fatalf("%+v, %v; the edge serves %d", r, err, served.version())
	}
	if _, err := k.Rotate(t.Context(), []uint32{before.key.ID}); err == nil || !strings.Contains(err.Error(), ingest.ErrKeyID.Error()) {
		t.Errorf("destroy again: %v", err)
	}
	e.crate(wire.MarshalCrate([][]byte{before.seal(before.fragment(today, 1)).Bytes}))
	until(t, "it is counted", func() bool {
		stats, err := s.Stats()
		return err == nil && stats.Outcomes["key"] == 1
	})
	stop(t, s)
	checkUses(t, h, 12)
}

// TestWhoTellsTheEdges: what a telling comes to.
func TestWhoTellsTheEdges(t *testing.T) {
	t.Parallel()
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ahead := &wire.KeyList{Version: 41, Suite: wire.SuiteX25519, Keys: []wire.Key{{ID: 1, Start: today}, {ID: 90, Start: today}}}
	for name, c := range map[string]struct {
		vendor ed25519.PublicKey // of the edge; nil: there is none
		served []byte
		want   error
		told   store.Told
	}{
		"new edge":       {vendorPublic, nil, nil, store.Told{Edges: 1}},
		"no edge":        {nil, nil, store.ErrNoEdge, store.Told{}},
		"another vendor": {stranger.Public().(ed25519.PublicKey), envelope.SignKeyList(stranger, ahead), store.ErrEdgeVendor, store.Told{Edges: 1}},
		"an edge ahead":  {vendorPublic, envelope.SignKeyList(vendor, ahead), nil, store.Told{Edges: 1, Ahead: true, Lost: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, h := newEdge(t), newHouse(t)
			var served *lists
			if c.vendor != nil {
				served = e.serveKeys(c.vendor, c.served)
			}
			s := start(t, h.config(e))
			told, err := s.PublishKeys(t.Context())
			if !errors.Is(err, c.want) || told != c.told {
				t.Fatalf("%+v, %v; want %+v, %v", told, err, c.told, c.want)
			}
			if c.want != nil {
				return
			}
			keys, err := s.Keys()
			if err != nil || served.version() != keys.Report().Version {
				t.Errorf("the edge serves %d, the store has %d, %v", served.version(), keys.Report().Version, err)
			}
			if key := newHost(t, s).key; c.served != nil && (key.ID <= 90 || served.version() <= 41) {
				t.Errorf("key %d, version %d", key.ID, served.version())
			}
		})
	}
}

// TestKeepers: the same answers from the store that runs and from its directory.
func TestKeepers(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	e.serveKeys(vendorPublic, nil)
	s := start(t, h.config(e))
	report := func(k store.Keeper) store.KeysReport {
		t.Helper()
		r, err := k.Report(t.Context())
		if err := errors.Join(err, k.Close()); err != nil {
			t.Fatal(err)
		}
		return r
	}
	running := report(keeper(t, h, nil))
	if len(running.Keys) != 2 || !running.Signed || running.Sealed || running.Keys[0].State != ingest.KeyActive || running.Keys[1].State != ingest.KeyNext {
		t.Errorf("%+v", running)
	}
	pass := secret.FromBytes([]byte("right"))
	k := keeper(t, h, nil)
	if r, err := k.Seal(t.Context(), nil, pass); err != nil || !r.Sealed || r.Changed == 0 {
		t.Fatalf("seal: %+v, %v", r, err)
	}
	for name, old := range map[string]secret.Passphrase{"no": nil, "another": secret.FromBytes([]byte("wrong"))} {
		for _, now := range []secret.Passphrase{nil, secret.FromBytes([]byte("new"))} {
			if _, err := k.Seal(t.Context(), old, now); !errors.Is(err, secret.ErrPassphrase) {
				t.Errorf("sealed anew with %s passphrase for the one before: %v", name, err)
			}
		}
	}
	if r, err := k.Seal(t.Context(), pass, nil); err != nil || r.Sealed {
		t.Errorf("made plain: %+v, %v", r, err)
	}
	if r, err := k.Seal(t.Context(), nil, pass); err != nil || !r.Sealed {
		t.Errorf("sealed again: %+v, %v", r, err)
	}
	if _, err := k.Rotate(t.Context(), nil); err != nil { // it writes sealed secrets from now on
		t.Fatal(err)
	}
	stop(t, s)
	locked := keeper(t, h, nil)
	if _, err := locked.Report(t.Context()); !errors.Is(err, secret.ErrPassphrase) {
		t.Errorf("without the passphrase: %v", err)
	}
	if err := locked.Close(); err != nil {
		t.Fatal(err)
	}
	after := report(keeper(t, h, pass))
	if !after.Sealed || after.Version != running.Version+1 || len(after.Keys) != 3 {
		t.Errorf("nobody runs it: %+v", after)
	}
	if b, err := os.ReadFile(filepath.Join(h.keys, "months.json")); err != nil || !strings.HasPrefix(string(b), "tacit sealed") {
		t.Errorf("the months' secret is not sealed: %v", err)
	}
}

// TestSignedElsewhere: a store without the vendor's key serves what was signed,
// until its keys change, and takes no other vendor.
func TestSignedElsewhere(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	if err := os.MkdirAll(h.data, 0o700); err != nil {
		t.Fatal(err)
	}
	k := keeper(t, h, nil)
	signed := func(by ed25519.PrivateKey) []byte {
		t.Helper()
		r, err := k.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := store.NewVendor(by).SignBytes(r.List)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if _, err := k.Publish(t.Context(), nil, nil); !errors.Is(err, store.ErrUnsigned) {
		t.Errorf("nobody has signed: %v", err)
	}
	if _, err := k.Publish(t.Context(), signed(vendor), vendorPublic); err != nil {
		t.Fatal(err)
	}
	otherPublic, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Publish(t.Context(), signed(other), otherPublic); !errors.Is(err, store.ErrOtherVendor) {
		t.Errorf("another vendor: %v", err)
	}
	if _, err := k.Publish(t.Context(), signed(other), vendorPublic); !errors.Is(err, envelope.ErrSignature) {
		t.Errorf("not the vendor's signature: %v", err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := h.config(e)
	if cfg.Vendor, err = store.OpenVendor(cfg.Secrets, cfg.Dir); err != nil || !cfg.Vendor.Public.Equal(vendorPublic) {
		t.Fatalf("vendor: %v", err)
	}
	served := e.serveKeys(vendorPublic, nil)
	s := start(t, cfg)
	if told, err := s.PublishKeys(t.Context()); err != nil || told.Edges != 1 || served.version() != 1 {
		t.Errorf("%+v, %v, version %d", told, err, served.version())
	}
	k = keeper(t, h, nil)
	if r, err := k.Rotate(t.Context(), nil); err != nil || r.Keys.Signed || !strings.Contains(r.Edges, store.ErrUnsigned.Error()) {
		t.Errorf("%+v, %v", r, err)
	}
	if p, err := k.Publish(t.Context(), signed(vendor), vendorPublic); err != nil || p.Edges != "told 1" || served.version() != 2 {
		t.Errorf("%+v, %v, version %d", p, err, served.version())
	}
	if _, err := os.Stat(filepath.Join(h.keys, "vendor.key")); err == nil {
		t.Error("the store has made a vendor key")
	}
}

package relay

import (
	"encoding/binary"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// used returns the configuration of a relay that has worked: its stream holds
// crates that a store has confirmed, has seen, and has not seen.
func used(t *testing.T) Config {
	t.Helper()
	cfg := config(t)
	r, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, consumer := crates(t, r, 0)
	a := agent(t, r)
	for i := range 9 {
		e := envelope(uint8(i), wire.ClassNormal)
		put(t, a, e.Marshal())
		eventually(t, "it is in the stream", func() bool { return r.Stats().Forward.Envelopes == uint64(i+1) })
		if i == 2 {
			next(t, consumer)
		}
	}
	if _, err := consumer.Next(jetstream.FetchMaxWait(20 * time.Second)); err != nil { // and dies with it
		t.Fatal(err)
	}
	a.Close()
	stop(t, r)
	return cfg
}

// streamFiles lists what lies below a directory.
func streamFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of a stream: %v", err)
	}
	return files
}

// works sees a relay take an envelope and give it to a store.
func works(t *testing.T, r *Relay) {
	t.Helper()
	nc, consumer := crates(t, r, 0)
	defer nc.Close()
	e := envelope(3, wire.ClassNormal)
	a := agent(t, r)
	defer a.Close()
	if h, _ := put(t, a, e.Marshal()); h.Code != wire.Queued {
		t.Fatalf("%v, want queued", h)
	}
	for range 20 { // older ones may come first
		if slices.ContainsFunc(next(t, consumer), func(b []byte) bool { return string(b) == string(e.Marshal()) }) {
			return
		}
	}
	t.Error("the envelope does not come to the store")
}

// TestDamagedStream puts garbage into the stream's files, each in turn and in
// every way: the relay starts, and works.
func TestDamagedStream(t *testing.T) {
	cfg := used(t)
	dir := filepath.Join(cfg.Dir, "stream")
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	garbage := make([]byte, 300)
	for i := range garbage {
		garbage[i] = byte(rand.Uint32())
	}
	for what, change := range map[string]func([]byte) []byte{
		"garbage":  func([]byte) []byte { return garbage },
		"zeros":    func(b []byte) []byte { return make([]byte, len(b)) },
		"empty":    func([]byte) []byte { return nil },
		"half":     func(b []byte) []byte { return b[:len(b)/2] },
		"a number": lastNumber,
		"a bit": func(b []byte) []byte {
			if len(b) > 0 {
				b[rand.N(len(b))] ^= 1 << rand.N(8)
			}
			return b
		},
		"gone": nil,
	} {
		for _, file := range streamFiles(t, kept) {
			name, _ := filepath.Rel(kept, file)
			t.Run(what+" "+filepath.Base(filepath.Dir(file))+" "+filepath.Base(file), func(t *testing.T) {
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
				if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				damage(t, filepath.Join(dir, name), change)
				r, err := New(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer stop(t, r)
				if err := r.Start(t.Context()); err != nil {
					t.Fatalf("it does not start: %v", err)
				}
				works(t, r)
			})
		}
	}
}

// lastNumber flips a bit in the number of the last message of a block, if it is
// one: a message of length 4 and number 8 bytes after another. The server once
// took memory for all the messages that then seem to be missing.
func lastNumber(b []byte) []byte {
	const low = 1<<31 - 1 // the highest bit of a length says that there are headers
	for at, next := 0, 0; at+12 <= len(b); at = next {
		n := int(binary.LittleEndian.Uint32(b[at:]) & low)
		if next = at + n; n < 12 || next >= len(b) {
			b[at+4+3] ^= 4
			break
		}
	}
	return b
}

// damage changes a file; without a change it removes it.
func damage(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	if change == nil {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStrayFiles has files lie where directories should, as after a bad restore.
func TestStrayFiles(t *testing.T) {
	for _, stray := range []string{"jetstream", "jetstream/EDGE", "jetstream/EDGE/streams", "jetstream/EDGE/streams/" + wire.StreamCrates + "/msgs"} {
		t.Run(filepath.Base(stray), func(t *testing.T) {
			cfg := config(t)
			file := filepath.Join(cfg.Dir, "stream", filepath.FromSlash(stray))
			for _, dir := range []string{cfg.Dir, filepath.Join(cfg.Dir, "stream"), filepath.Dir(file)} {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(file, []byte("stray"), 0o600); err != nil {
				t.Fatal(err)
			}
			works(t, start(t, cfg))
		})
	}
}

// TestWipedStream removes the stream's files below a running relay, in parts and
// wholly: it goes on without a restart, and who waits for a reply that was lost
// is asked to send again.
func TestWipedStream(t *testing.T) {
	for name, part := range map[string]string{
		"all": ".", "the account": "jetstream/EDGE", "the stream": "jetstream/EDGE/streams/" + wire.StreamCrates,
		"the messages": "jetstream/EDGE/streams/" + wire.StreamCrates + "/msgs",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			r := start(t, cfg)
			a := agent(t, r)
			e := envelope(1, wire.ClassNormal)
			_, inbox := put(t, a, e.Marshal())
			eventually(t, "it is in the stream", func() bool { return r.Stats().Forward.Envelopes == 1 })
			if err := os.RemoveAll(filepath.Join(cfg.Dir, "stream", filepath.FromSlash(part))); err != nil {
				t.Fatal(err)
			}
			m, err := inbox.NextMsg(10 * time.Second)
			if err != nil {
				t.Fatalf("its sender waits in vain: %v", err)
			}
			if h, err := wire.ParseHint(m.Data); err != nil || h.Code != wire.Later || h.Wait < time.Second {
				t.Errorf("its sender hears %v, %v", h, err)
			}
			eventually(t, "the relay is ready", func() bool { return r.Ready() == nil })
			works(t, r)
			if s := r.Stats(); s.Forward.Mended == 0 || s.Forward.Away != 1 || s.Door.Discarded == 0 || s.Door.Accepted != 2 {
				t.Errorf("%+v, %+v, want one mending that cost no connection", s.Forward, s.Door)
			}
		})
	}
}

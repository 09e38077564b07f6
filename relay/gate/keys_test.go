package gate

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestADestroyedKeyIsSealedAgain: what was sealed to a key that the list has no
// more is refused at once; a key that is newer than the list may be known
// behind, and without a list nothing is known.
func TestADestroyedKeyIsSealedAgain(t *testing.T) {
	list := &wire.KeyList{Version: 3, Suite: wire.SuiteX25519, Keys: []wire.Key{{ID: 4}, {ID: 7}, {ID: 6}}}
	signed := append(list.Marshal(), make([]byte, ed25519.SignatureSize)...)
	g := judging(peers{"a": true}, Quota{}, func() Decision { return On }, func(pool.Item) error { return nil }, time.Now)
	judge := func(id uint32) wire.HintCode {
		e := wire.Envelope{KeyID: id, Attempt: wire.Attempt{9}, Body: make([]byte, wire.Buckets[0]+wire.SealLen)}
		return g.judge("a", "_INBOX.a.1", e.Marshal()).Code
	}
	if got := judge(1); got != wire.Queued {
		t.Errorf("without a list: %v", got)
	}
	if err := g.SetKeyList(signed); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[uint32]wire.HintCode{
		0: wire.Reseal, 3: wire.Reseal, 4: wire.Queued, 5: wire.Reseal, 6: wire.Queued, 7: wire.Queued, 8: wire.Queued,
	} {
		if got := judge(id); got != want {
			t.Errorf("key %d: %v, want %v", id, got, want)
		}
	}
	if got := g.Stats().Refused; got.Key != 3 || got.ByReason()["key"] != 3 {
		t.Errorf("counted %+v", got)
	}
}

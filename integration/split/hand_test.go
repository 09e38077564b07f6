package split

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// What a relay answers at once to a put: version, code, seconds to wait.
var (
	queued = []byte{1, 1, 0, 0, 0, 0}
	off    = []byte{1, 3, 0, 0, 0, 0}
)

// Envelopes of the frozen vectors, by what they are. No store has their key.
const (
	fragment = "a fragment"
	byUser   = "an erase of class 1, nothing inside"
)

// door is where somebody with the channel's credential gets in.
type door struct {
	address, fingerprint, credential string // no fingerprint: without TLS
}

// Dial implements nats.CustomDialer: TLS 1.3 before the first word, and exactly
// the certificate whose fingerprint was told.
func (d door) Dial(network, address string) (net.Conn, error) {
	if d.fingerprint == "" {
		return net.Dial(network, address)
	}
	return tls.Dial(network, address, &tls.Config{
		MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, // the fingerprint is looked at instead
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			sum := sha256.Sum256(raw[0])
			if !strings.EqualFold(hex.EncodeToString(sum[:]), strings.ReplaceAll(d.fingerprint, ":", "")) {
				return errors.New("another certificate")
			}
			return nil
		},
	})
}

// put puts an envelope by hand and returns the relay's answer.
func (d door) put(t *testing.T, kind string) []byte {
	t.Helper()
	name := rand.Text()
	c, err := nats.Connect("nats://"+d.address, nats.SetCustomDialer(d), nats.UserInfo(name, d.credential),
		nats.CustomInboxPrefix("_INBOX."+name), nats.NoReconnect())
	if err != nil {
		t.Fatalf("connect by hand: %v", err)
	}
	defer c.Close()
	m, err := c.Request(rig.Put, envelope(t, kind), rig.Patience)
	if err != nil {
		t.Fatalf("put by hand: %v", err)
	}
	return m.Data
}

// answers fails the test when a put by hand is answered with something else.
func (d door) answers(t *testing.T, kind string, want []byte) {
	t.Helper()
	if got := d.put(t, kind); !bytes.Equal(got, want) {
		t.Errorf("a put by hand of %s was answered with % x, want % x", kind, got, want)
	}
}

// envelope returns a frozen envelope under a new attempt.
func envelope(t *testing.T, kind string) []byte {
	t.Helper()
	b, err := os.ReadFile("../vectors/envelope.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct{ Name, Bytes string }
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		if v.Name != kind {
			continue
		}
		b, err := hex.DecodeString(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		const attempt = 1 + 4 + 1 + 1 // behind version, key, partition and class
		_, _ = rand.Read(b[attempt : attempt+16])
		return b
	}
	t.Fatalf("no vector is %s", kind)
	return nil
}

// siteDoor is for whoever has the credential of the site's agents.
func siteDoor(s *rig.Split) door { return door{s.Relay, s.Fingerprint, s.Credential} }

// edgeDoor is for whoever has the credential that the vendor gave the site.
func edgeDoor(t *testing.T, s *rig.Split) door {
	t.Helper()
	b, err := os.ReadFile(s.Edge.Told(t, "credential in"))
	if err != nil {
		t.Fatal(err)
	}
	return door{s.Edge.Told(t, "listens on"), s.Edge.Told(t, "certificate"), strings.TrimSpace(string(b))}
}

// fence sends an envelope by hand from edge to store and waits until the store
// has looked at it. What had left the site before is at the store then, too.
func fence(t *testing.T, s *rig.Split) {
	t.Helper()
	const unknown = `tacit_store_envelopes_total{outcome="key"}`
	before := s.Store.Metric(t, unknown)
	edgeDoor(t, s).answers(t, fragment, queued)
	rig.Eventually(t, "the store has seen the fence, and nothing is in a pool", func() bool {
		return s.Store.Metric(t, unknown) == before+1 && s.Edge.Metric(t, inPool) == 0
	})
}

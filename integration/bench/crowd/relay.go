package crowd

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Relay is where the crowd sends, as whoever brings pages has it in his file.
type Relay struct {
	Address     string // host and port
	Fingerprint string // of its certificate, AB:CD:…
	Credential  string
	VendorKey   string // hex
}

// ErrRefused says that a page was not stored, or the relay not reached.
var ErrRefused = errors.New("the crowd is refused")

// tls accepts the one certificate that the relay told of.
func (r Relay) tls() *tls.Config {
	want := strings.ToLower(strings.ReplaceAll(r.Fingerprint, ":", ""))
	return &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		if sum := sha256.Sum256(s.PeerCertificates[0].Raw); hex.EncodeToString(sum[:]) != want {
			return fmt.Errorf("%w: another certificate than the relay told of", ErrRefused)
		}
		return nil
	}}
}

// connect comes in under a random name.
func (r Relay) connect(ctx context.Context) (*link, error) {
	name := rand.Text()
	l := &link{inbox: wire.InboxPrefix(name), came: make(chan *nats.Msg, 4*underWay)}
	var err error
	l.conn, err = nats.Connect("tls://"+r.Address, nats.Secure(r.tls()), nats.TLSHandshakeFirst(), nats.SkipHostLookup(),
		nats.UserInfo(name, r.Credential), nats.CustomInboxPrefix(l.inbox), nats.NoReconnect(), nats.Timeout(patience))
	if err != nil {
		return nil, fmt.Errorf("connect to the relay: %w", err)
	}
	if _, err := l.conn.ChanSubscribe(l.inbox+".*", l.came); err != nil {
		l.conn.Close()
		return nil, fmt.Errorf("listen for replies: %w", err)
	}
	return l, ctx.Err()
}

// fetchKey asks for the key that is sealed to today.
func (r Relay) fetchKey(ctx context.Context, l *link) (wire.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := l.conn.RequestWithContext(ctx, wire.SubjectGetKeys, nil)
	if err != nil {
		return wire.Key{}, fmt.Errorf("ask for the key list: %w", err)
	}
	vendor, err := hex.DecodeString(r.VendorKey)
	if err != nil || len(vendor) != ed25519.PublicKeySize {
		return wire.Key{}, fmt.Errorf("%w: the vendor key is none", ErrRefused)
	}
	list, err := envelope.VerifyKeyList(vendor, m.Data)
	if err != nil {
		return wire.Key{}, err
	}
	key, ok := list.Active(schema.DayOf(time.Now()))
	if !ok {
		return wire.Key{}, fmt.Errorf("%w: no key for today in a list of %d", ErrRefused, len(list.Keys))
	}
	return key, nil
}

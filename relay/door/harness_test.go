package door

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

const (
	credential      = "a channel's shared credential"
	storeCredential = "a store's credential"
)

func config(t testing.TB) Config {
	return Config{
		StreamDir:  filepath.Join(t.TempDir(), "stream"),
		Listen:     netip.MustParseAddrPort("127.0.0.1:0"),
		Credential: credential,
	}
}

func open(t testing.TB, cfg Config) *Door {
	t.Helper()
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err := errors.Join(d.Start(t.Context()), d.Open(t.Context())); err != nil {
		t.Fatal(err)
	}
	return d
}

func dial(d *Door, name, password string, more ...nats.Option) (*nats.Conn, error) {
	opts := append([]nats.Option{
		nats.UserInfo(name, password), nats.CustomInboxPrefix(wire.InboxPrefix(name)), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	return nats.Connect("nats://"+d.Addr().String(), opts...)
}

func guest(t testing.TB, d *Door, name string, more ...nats.Option) *nats.Conn {
	t.Helper()
	c, err := dial(d, name, credential, more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 5 s: %s", what)
}

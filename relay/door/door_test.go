package door

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestWhoMayEnter(t *testing.T) {
	d := open(t, config(t))
	taken := rand.Text()
	guest(t, d, taken)
	for name, c := range map[string]struct {
		user, password string
		ok             bool
	}{
		"an agent":               {rand.Text(), credential, true},
		"url-safe characters":    {"-_" + rand.Text(), credential, true},
		"wrong credential":       {rand.Text(), credential + "!", false},
		"no credential":          {rand.Text(), "", false},
		"no name":                {"", credential, false},
		"short name":             {"abcdefghijklmnopqrstu", credential, false},
		"long name":              {strings.Repeat("a", 65), credential, false},
		"name with a wildcard":   {strings.Repeat("a", 22) + "*", credential, false},
		"name with a dot":        {strings.Repeat("a", 22) + ".b", credential, false},
		"name of a live one":     {taken, credential, false},
		"an inside role":         {string(RoleStore), credential, false},
		"a role with its secret": {string(RoleStore), d.secrets[RoleStore], false},
	} {
		t.Run(name, func(t *testing.T) {
			nc, err := nats.Connect("nats://"+d.Addr().String(), nats.UserInfo(c.user, c.password), nats.NoReconnect())
			if err == nil {
				nc.Close()
			}
			if (err == nil) != c.ok {
				t.Errorf("connect: %v, want in: %v", err, c.ok)
			}
		})
	}
	if s := d.Stats(); s.Refused.Credential != 3 || s.Refused.Name != 7 {
		t.Errorf("refused %+v, want 3 credentials and 7 names", s.Refused)
	}
}

// TestName follows one name: live, refused to others, free when its
// connection ends, and not to be changed.
func TestName(t *testing.T) {
	d := open(t, config(t))
	name := rand.Text()
	a := guest(t, d, name)
	if !d.Live(name) {
		t.Error("a connected name is not live")
	}
	a.Close()
	eventually(t, "the name dies with its connection", func() bool { return !d.Live(name) })
	guest(t, d, name)

	raw, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // a test's
	if err := raw.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	greet := func(name string) {
		fmt.Fprintf(raw, "CONNECT {\"user\":%q,\"pass\":%q,\"protocol\":1}\r\nPING\r\n", name, credential)
	}
	lines := bufio.NewReader(raw)
	mine := rand.Text()
	greet(mine)
	waitFor(t, lines, "PONG")
	if !d.Live(mine) {
		t.Error("the first name is not live")
	}
	greet(rand.Text())
	waitFor(t, lines, "-ERR 'Authorization Violation'")
}

func waitFor(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if strings.HasPrefix(line, want) {
			return
		}
		if err != nil {
			t.Fatalf("the connection ended before %q: %v", want, err)
		}
	}
}

func TestTooMany(t *testing.T) {
	cfg := config(t)
	cfg.MaxConns = 1
	d := open(t, cfg)
	first := guest(t, d, rand.Text())
	if c, err := dial(d, rand.Text(), credential); err == nil {
		c.Close()
		t.Error("one connection too many was let in")
	}
	if s := d.Stats(); s.Connections != 1 || s.Refused.Full != 1 {
		t.Errorf("stats %+v, want one here and one refused", s)
	}
	first.Close()
	eventually(t, "there is room again", func() bool { return d.Stats().Connections == 0 })
	guest(t, d, rand.Text())
}

// TestSilent leaves a connection without a word: it must be cut off, or
// silent ones would fill the door.
func TestSilent(t *testing.T) {
	t.Parallel()
	d := open(t, config(t))
	raw, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // a test's
	if err := raw.SetReadDeadline(time.Now().Add(2 * authTimeout)); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(raw)
	if err != nil || !bytes.Contains(b, []byte("Authentication Timeout")) {
		t.Errorf("after %v: %v, want to be cut off", 2*authTimeout, err)
	}
}

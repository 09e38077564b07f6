package fault

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// fillOrder is what testdata/seal.py seals: the second implementation, because no
// agent sends pages of a day that is past.
type fillOrder struct {
	Keys          string   `json:"keys"`
	Today         int64    `json:"today"`
	Installations []string `json:"installations"`
	Days          []int64  `json:"days"`
	Pages         int      `json:"pages"`     // of each installation and day
	Fragments     int      `json:"fragments"` // of each day
	Junk          int      `json:"junk"`      // envelopes that do not open
}

// sealAll returns the envelopes of an order, for the store behind a split.
func sealAll(t *testing.T, s *rig.Split, o fillOrder) [][]byte {
	t.Helper()
	o.Keys, o.Today = hex.EncodeToString(askKeys(t, s)), time.Now().Unix()/daySeconds
	in, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "/usr/bin/python3", "testdata/seal.py")
	var errs bytes.Buffer
	c.Stdin, c.Stderr = bytes.NewReader(in), &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("seal: %v; make needs installs what Python lacks\n%s", err, &errs)
	}
	var envelopes [][]byte
	for line := range strings.Lines(string(out)) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		envelopes = append(envelopes, b)
	}
	return envelopes
}

// askKeys asks the site's relay for the store's keys, as an agent does.
func askKeys(t *testing.T, s *rig.Split) []byte {
	t.Helper()
	nc := dialAsAgent(t, s)
	defer nc.Close()
	var list []byte
	rig.Eventually(t, "the site hands out the store's keys", func() bool {
		m, err := nc.Request("tacit.get.keys", nil, rig.Patience)
		if err != nil {
			t.Fatal(err)
		}
		list = m.Data
		return len(list) > 0
	})
	return list
}

// daySeconds is how many seconds it has.
const daySeconds = 24 * 60 * 60

// threeMonths returns a day of each of the last three months, the newest today.
func threeMonths() []int64 {
	now := time.Now().UTC()
	middle := func(back time.Month) int64 {
		return time.Date(now.Year(), now.Month()-back, 15, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
	}
	return []int64{middle(2), middle(1), now.Unix() / daySeconds}
}

// newInstallation draws an ID.
func newInstallation() string {
	var b [16]byte
	_, _ = rand.Read(b[:])                      // crypto/rand.Read never returns an error
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // a random UUID, RFC 9562
	return hex.EncodeToString(b[:])
}

// putJunk hands the site's relay envelopes that nobody will answer.
func putJunk(t *testing.T, s *rig.Split, envelopes [][]byte) {
	t.Helper()
	nc := dialAsAgent(t, s)
	defer nc.Close()
	for _, e := range envelopes {
		const from, to = 7, 23 // of the attempt: version, key ID, partition and class come before it
		m := &nats.Msg{Subject: rig.Put, Reply: nc.Opts.InboxPrefix + "." + hex.EncodeToString(e[from:to]), Data: e}
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

// dialAsAgent connects to the site's relay under a name that is drawn for it.
func dialAsAgent(t *testing.T, s *rig.Split) *nats.Conn {
	t.Helper()
	name := rand.Text()
	nc, err := nats.Connect("nats://"+s.Relay, nats.UserInfo(name, s.Credential), nats.CustomInboxPrefix("_INBOX."+name), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	return nc
}

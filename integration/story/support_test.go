package story

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// code is what `tacit id --for-support --json` prints.
type code struct {
	Code      string
	Days      int
	Until     time.Time
	Confirmed bool
}

// opened is what `tacit lookups --json` prints.
type opened struct {
	Lookups []struct {
		At         time.Time
		Ticket, By string
	}
	More   int      // notes of a day that were not read
	Unread []string `json:"unread_days"`
}

// makeCode makes a support code that opens at once.
func makeCode(t *testing.T, dir string, args ...string) (c code) {
	t.Helper()
	rig.Tacit(t, append([]string{"id", "--for-support", "--json", "--data", dir}, args...)...).JSON(t, &c)
	if !c.Confirmed || !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(c.Code) {
		t.Fatalf("the code is %+v", c)
	}
	return c
}

// byCode looks up with what is typed on stdin.
func byCode(t *testing.T, dir, typed string, args ...string) rig.Result {
	t.Helper()
	c := rig.Tacit(t, append([]string{"lookup", "-", "--json", "--data", dir}, args...)...)
	c.In = typed
	return c.Run(t)
}

// TestSupportCode plays a call with support: the user reads out a code, support
// opens what it opens, the user sees that, and takes it back.
func TestSupportCode(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	before := time.Now().UTC()
	p := rig.Up(t, dir)
	id := deliver(t, dir, ledger) // it looks the host up, too
	c := makeCode(t, dir)
	if c.Days != 7 || c.Until.Before(before) || c.Until.After(before.Add(48*time.Hour)) || c.Until.Hour() != 0 {
		t.Errorf("made at %s, it opens %d days until %s", before, c.Days, c.Until)
	}
	for _, typed := range []string{c.Code, strings.ToLower(c.Code), strings.ReplaceAll(c.Code, "-", " ")} {
		r := byCode(t, dir, typed, "--ticket", "SUP-4711")
		if r.Code != 0 || !strings.Contains(r.Stdout, `"records"`) || strings.Contains(r.Stdout+r.Stderr, c.Code) {
			t.Errorf("typed in another way: exit %d: %s", r.Code, r.Stderr)
		}
	}
	wrong := c.Code[:1] + swap(c.Code[1]) + c.Code[2:]
	checkRefused(t, byCode(t, dir, wrong), 1, "mistyped")
	checkRefused(t, byCode(t, dir, c.Code[:17]), 1, "support code has 4")
	erase := rig.Tacit(t, "store", "erase", "-", "--data", dir)
	erase.In = c.Code
	checkRefused(t, erase.Run(t), 1, "no right to erase")

	rig.Lookup(t, dir, id)
	var o opened
	rig.Tacit(t, "lookups", "--json", "--data", dir).JSON(t, &o)
	var byID, byCodes int
	for _, l := range o.Lookups {
		switch {
		case l.At.Before(before.Add(-time.Minute)) || time.Until(l.At) > time.Minute:
			t.Errorf("opened at %s", l.At)
		case l.By == "code" && l.Ticket == "SUP-4711":
			byCodes++
		case l.By == "id" && l.Ticket == "":
			byID++
		}
	}
	if byCodes != 3 || byID == 0 || len(o.Unread) > 0 || byCodes+byID != len(o.Lookups) {
		t.Errorf("the host reads %+v", o)
	}
	if text := run(t, dir, "lookups"); !strings.Contains(text, "SUP-4711") {
		t.Errorf("people read:\n%s", text)
	}
	other := makeCode(t, dir, "--days", "1")
	if text := run(t, dir, "id", "--revoke"); !strings.Contains(text, "revoked 2 support codes") {
		t.Errorf("revoke prints %q", text)
	}
	for _, dead := range []string{c.Code, other.Code} {
		checkRefused(t, byCode(t, dir, dead), 1, "no such support code lives")
	}
	if text := run(t, dir, "outbox", "verify"); !strings.Contains(text, "the sealed bytes are what is shown") {
		t.Errorf("verify prints %q", text)
	}
	p.Interrupt(t)
	checkRefused(t, byCode(t, dir, c.Code), 1, "no such support code lives")
	searchCodes(t, dir, p.Text(), c.Code, other.Code)
	searchID(t, dir, "", id)
}

// swap returns another character.
func swap(c byte) string {
	if c == '7' {
		return "8"
	}
	return "7"
}

// TestOffRefusesSupport: a host that refuses sends no code, no order to revoke one
// and no question, and says why.
func TestOffRefusesSupport(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	rig.Up(t, dir)
	deliver(t, dir, ledger)
	run(t, dir, "off")
	before := run(t, dir, "outbox", "list")
	for _, args := range [][]string{{"id", "--for-support"}, {"id", "--revoke"}, {"lookups"}, {"debug"}} {
		checkRefused(t, rig.Tacit(t, append(args, "--data", dir)...).Run(t), 1, "nothing leaves this host now", "A user of this host refused")
	}
	if after := run(t, dir, "outbox", "list"); after != before {
		t.Errorf("something left:\n%s", after)
	}
	for _, args := range [][]string{{"id", "--for-support", "--days", "31"}, {"lookups", "--days", "-1"}} {
		checkRefused(t, rig.Tacit(t, append(args, "--data", dir)...).Run(t), 1, "1 to 30 days")
	}
}

// searchCodes looks for codes in every file below dir and in what was printed.
func searchCodes(t *testing.T, dir, printed string, codes ...string) {
	t.Helper()
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for _, c := range codes {
		plain := strings.ReplaceAll(c, "-", "")
		n := new(big.Int)
		for _, digit := range plain[:19] {
			n.Add(n.Lsh(n, 5), big.NewInt(int64(strings.IndexRune(alphabet, digit))))
		}
		raw := n.FillBytes(make([]byte, 12))
		search(t, dir, printed, "a support code", c, plain, strings.ToLower(plain), plain[:10], string(raw), hex.EncodeToString(raw))
	}
}

// searchID looks for the ID in every file but the one that keeps it, and in what
// was said.
func searchID(t *testing.T, dir, said, id string) {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	search(t, dir, said, "the ID", id, strings.ReplaceAll(id, "-", ""), string(raw))
}

func search(t *testing.T, dir, printed, what string, needles ...string) {
	t.Helper()
	look := func(where string, b []byte) {
		for i, n := range needles {
			if bytes.Contains(b, []byte(n)) {
				t.Errorf("%s, in writing %d, is in %s", what, i, where)
			}
		}
	}
	look("what was printed, or on the wire", []byte(printed))
	files := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "installation.json" {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		look(path, b)
		return err
	})
	if err != nil || files < 10 {
		t.Fatalf("%d files were searched, %v", files, err)
	}
}

// TestDebugForAWhile: more often, shown by why, over a restart, and ended by hand.
func TestDebugForAWhile(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	p := rig.Up(t, dir)
	deliver(t, dir, ledger)
	if text := run(t, dir, "debug", "--for", "30m"); !strings.Contains(text, "Debugging until") {
		t.Errorf("debug prints %q", text)
	}
	until := regexp.MustCompile(`Debugging until [0-9: -]+ UTC`)
	first := until.FindString(run(t, dir, "why"))
	if _, code := p.Interrupt(t); code != 0 {
		t.Errorf("up ends with exit code %d", code)
	}
	rig.Up(t, dir)
	if again := until.FindString(run(t, dir, "why")); first == "" || again != first {
		t.Errorf("why says %q, and after a restart %q", first, again)
	}
	run(t, dir, "debug", "--end")
	if text := run(t, dir, "why"); until.MatchString(text) {
		t.Errorf("it was ended, and why says:\n%s", text)
	}
	run(t, dir, "debug")
	run(t, dir, "off")
	run(t, dir, "on")
	if text := run(t, dir, "why"); until.MatchString(text) {
		t.Errorf("a refusal did not end it:\n%s", text)
	}
	checkRefused(t, rig.Tacit(t, "debug", "--for", "25h", "--data", dir).Run(t), 2, "24h is the most")
}

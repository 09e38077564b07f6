package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// engineer sets up the desk of a tacit up and returns its first account, anna, who
// has all roles.
func engineer(t *testing.T, p *rig.Process) *rig.Admin {
	t.Helper()
	found := regexp.MustCompile(`desk +(http://\S+)/ .*setup code (\S+)`).FindStringSubmatch(p.Text())
	if found == nil {
		t.Fatalf("no desk in %s", p.Text())
	}
	a := rig.NewAdmin(t, found[1])
	const password = "a long walk by the sea"
	answer := a.Post(t, "/setup", url.Values{"code": {found[2]}, "name": {"anna"}, "password": {password}, "password-again": {password}})
	if answer.Status != http.StatusOK || answer.URL.Path == "/setup" {
		t.Fatalf("%d at %s: %s", answer.Status, answer.URL.Path, answer.Text())
	}
	return a
}

// deskAgain logs anna in at the desk of a tacit up that started again.
func deskAgain(t *testing.T, dir string) *rig.Admin {
	t.Helper()
	var where struct{ Desk string }
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "run", "endpoints.json"))), &where); err != nil || where.Desk == "" {
		t.Fatalf("where is the desk? %v", err)
	}
	a := rig.NewAdmin(t, where.Desk)
	a.LogIn(t, "anna", "a long walk by the sea")
	return a
}

// look types something into the desk's field.
func look(t *testing.T, a *rig.Admin, typed string) *rig.Page {
	t.Helper()
	return a.Post(t, "/open", url.Values{"private-id": {typed}, "ticket": {"T-4711"}, "reason": {"search is slow"}, "days": {"90"}})
}

// lookups are the rows of the log that are about histories, each with how it ended:
// "desk open found"; without an outcome: "desk open".
func lookups(t *testing.T, dir string) (out []string) {
	t.Helper()
	rows := auditLog(t, dir)
	for _, row := range rows {
		switch row.Act {
		case "open", "refresh", "export", "erase":
			line := row.From + " " + row.Act
			for _, other := range rows {
				if other.Act == "outcome" && other.For == row.N {
					line += " " + other.What
				}
			}
			out = append(out, line)
		}
	}
	return out
}

// TestAuditByWeb: what is done at the desk and by command stands in one log, one row
// for each; who reads what the user is told counts the same; and every byte of the
// log is known without the ID and the code.
func TestAuditByWeb(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	up := rig.Up(t, dir)
	id := deliver(t, dir, new(rig.Ledger))
	before := len(lookups(t, dir)) // deliver looks things up
	a, c := engineer(t, up), makeCode(t, dir)
	p := look(t, a, id)
	p.Says(t, "Data up to")
	a.Post(t, "/case", url.Values{"case": {p.URL.Query().Get("case")}, "act": {"refresh"}}).Says(t, "Opened again")
	look(t, a, c.Code).Says(t, "Data up to")
	look(t, a, "9d2f1c34-8a5b-4c6d-9e7f-001122334455").Says(t, "nothing under this ID")
	look(t, a, id[:len(id)-2]).Says(t, "Nothing was opened.")
	a.Post(t, "/open", url.Values{"private-id": {id}, "reason": {"of " + id}}).Says(t, "Nothing was opened.")
	if r := byCode(t, dir, c.Code, "--ticket", "T-4711", "--reason", "search is slow"); r.Code != 0 {
		t.Errorf("by command: exit %d: %s", r.Code, r.Stderr)
	}
	a.Post(t, "/rights", url.Values{"private-id": {id}, "act": {"export"}, "ticket": {"T-4711"}, "reason": {"search is slow"}}).Says(t, "The file is ready")
	a.Post(t, "/rights", url.Values{"private-id": {c.Code}, "act": {"erase"}, "sure": {"yes"}}).Says(t, "no right to erase")
	a.Post(t, "/rights", url.Values{"private-id": {"9d2f1c34-8a5b-4c6d-9e7f-001122334455"}, "act": {"erase"}, "sure": {"yes"}})
	want := []string{"desk open found", "desk refresh found", "desk open found", "desk open nothing", "command open found", "desk export found", "desk erase done"}
	if got := lookups(t, dir)[before:]; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	var told opened
	rig.Tacit(t, "lookups", "--json", "--data", dir).JSON(t, &told)
	byWeb := 0
	for _, l := range told.Lookups {
		if l.Ticket == "T-4711" {
			byWeb++
		}
	}
	if byWeb != 5 { // two by ID, two by code, and the export
		t.Errorf("the user reads of %d lookups for that ticket: %+v", byWeb, told)
	}
	up.Interrupt(t)
	nothingDerived(t, dir, id, c.Code)
}

// knownWords are all that a row may say beside numbers, names and what people typed.
var knownWords = []string{
	"", "open", "refresh", "export", "erase", "account", "outcome", "found", "nothing", "partly", "failed", "done", "desk", "command",
	"anna", "T-4711", "search is slow", "first account created: support, analyst, privacy_officer, administrator", "first account created",
}

// nothingDerived checks each byte of the log against what is known without an ID
// or a code, and then looks for what is derived from them all the same.
func nothingDerived(t *testing.T, dir, id, code string) {
	t.Helper()
	for _, row := range auditLog(t, dir) {
		for _, text := range []string{row.By, row.From, row.Act, row.What, row.Ticket, row.Reason, row.Of} {
			if !slices.Contains(knownWords, text) && !strings.HasPrefix(text, "user ") {
				t.Errorf("row %d says %q", row.N, text)
			}
		}
		if row.For >= row.N || row.Time.Nanosecond() != 0 || time.Since(row.Time).Abs() > 24*time.Hour {
			t.Errorf("row %+v", row)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "desk", "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	needles := derived(t, id, code)
	for what, n := range needles {
		if bytes.Contains(b, n) {
			t.Errorf("%s stands in the audit log", what)
		}
	}
	if len(needles) < 10_000 {
		t.Errorf("%d things were looked for", len(needles))
	}
}

// TestAuditEditsAtTheDesk: what was edited, taken out, put in another order, cut or
// removed is told by `store verify` and by the desk, which opens nothing then.
func TestAuditEditsAtTheDesk(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	up := rig.Up(t, dir)
	id := deliver(t, dir, new(rig.Ledger))
	a := engineer(t, up)
	for range 3 {
		look(t, a, id).Says(t, "Data up to")
	}
	path := filepath.Join(dir, "desk", "audit.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, edited := range edits(whole) {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, edited, 0o600); err != nil {
				t.Fatal(err)
			}
			if r := rig.Tacit(t, "store", "verify", "--data", dir).Run(t); r.Code != 1 || !strings.Contains(r.Stdout, "audit log") {
				t.Errorf("verify: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
			}
			a.Get(t, "/audit").Says(t, "The audit log is not as it was written")
			if p := look(t, a, id); p.URL.Path != "/" || !strings.Contains(p.Text(), "Refused: the audit log takes nothing more") {
				t.Errorf("the desk opens %s: %s", p.URL.Path, p.Text())
			}
			if r := rig.Tacit(t, "lookup", id, "--data", dir).Run(t); r.Code != 1 || strings.Contains(r.Stdout, "os.type") || !strings.Contains(r.Stderr, "audit.log") {
				t.Errorf("lookup: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, edited) {
				t.Errorf("something was written behind it, %v", err)
			}
		})
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := rig.Tacit(t, "store", "verify", "--data", dir).Run(t); r.Code != 1 || !strings.Contains(r.Stdout, "audit.log is gone") {
		t.Errorf("removed: verify: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	a.Get(t, "/audit").Says(t, "audit.log is gone")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	a.Get(t, "/audit").Says(t, "the chain is whole")
	look(t, a, id).Says(t, "Data up to")
}

// edits are the ways to change a log.
func edits(whole []byte) map[string][]byte {
	lines := func() [][]byte { return bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n")) }
	n := len(lines())
	join := func(l [][]byte) []byte {
		return append(bytes.TrimSuffix(bytes.Join(l, nil), []byte("\n")), '\n')
	}
	swapped, twice := lines(), lines()
	swapped[n-3], swapped[n-2] = swapped[n-2], swapped[n-3]
	twice[n-2] = append(slices.Clip(twice[n-2]), twice[n-2]...)
	return map[string][]byte{
		"edited":            bytes.Replace(whole, []byte("search is slow"), []byte("search is fast"), 1),
		"edited at the end": bytes.Replace(whole, fmt.Appendf(nil, `"what":"found","for":%d`, n-1), fmt.Appendf(nil, `"what":"nothing","for":%d`, n-1), 1),
		"a line taken out":  join(append(lines()[:n-3], lines()[n-2:]...)),
		"another order":     join(swapped),
		"a line twice":      join(twice),
		"the last line cut": join(lines()[:n-1]),
		"half of it cut":    join(lines()[:n/2]),
		"cut within a line": whole[:len(whole)-20],
	}
}

package split

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// auditRow is a row of the audit log, as its documentation has it.
type auditRow struct {
	N    int    `json:"n"`
	Prev string `json:"prev"`
	By   string `json:"by"`
	From string `json:"from"`
	Act  string `json:"act"`
	What string `json:"what"`
	For  int    `json:"for"`
}

// auditRows reads the log of a data directory, follows its chain, and returns the
// rows of what was done over NATS, each as "by act" or "by what".
func auditRows(t *testing.T, data string) (rows []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, "desk", "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	prev, n := strings.Repeat("0", 64), 0
	for line := range bytes.Lines(b) {
		var row auditRow
		if err := json.Unmarshal(line, &row); err != nil || row.Prev != prev || row.N != n+1 {
			t.Fatalf("row %d does not follow: %s %v", n+1, line, err)
		}
		sum := sha256.Sum256(bytes.TrimSuffix(line, []byte("\n")))
		prev, n = hex.EncodeToString(sum[:]), row.N
		if row.From != "nats" {
			continue
		}
		if row.Act == "outcome" {
			row.Act = row.What
		}
		rows = append(rows, row.By+" "+row.Act)
	}
	return rows
}

// engineer looks up with a credential what is typed on stdin.
func engineer(t *testing.T, credential, typed string, args ...string) rig.Result {
	t.Helper()
	c := rig.Tacit(t, append([]string{"lookup", "-", "--credential", credential, "--ticket", "SUP-77", "--reason", "search is slow"}, args...)...)
	c.In = typed
	return c.Run(t)
}

// wantRefused wants a command to fail, and to say why.
func wantRefused(t *testing.T, r rig.Result, code int, says string) {
	t.Helper()
	if r.Code != code || r.Stdout != "" || !strings.Contains(r.Stderr, says) || !strings.Contains(r.Stderr, "hint: ") {
		t.Errorf("exit %d, want %d and %q: %s%s", r.Code, code, says, r.Stdout, r.Stderr)
	}
}

// TestEngineer looks up over NATS, from a machine that has nothing but a
// credential: by ID and by code it sees what the store's own machine sees; the
// host's user sees that it did; the log has a row for each; others hear nothing.
func TestEngineer(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1, PlainEdge: true})
	agent, ledger := s.Agents[0], new(rig.Ledger)
	says(t, agent, "on", "site_policy")
	for range 5 {
		offer(t, agent, ledger)
	}
	here := arrived(t, s, agent, ledger)
	var code struct{ Code string }
	agentCommand(agent, "id", "--for-support", "--json").JSON(t, &code)
	id := rig.ID(t, agent.Data)

	edge := rig.NewRecorder(t, strings.TrimPrefix(s.Edge.Told(t, "listens on"), "tcp://"))
	ada, mia := s.AddEngineer(t, "ada", edge.Address()), s.AddEngineer(t, "mia", edge.Address())
	if info, err := os.Stat(ada); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the credential: %v, %v", info, err)
	}
	for what, typed := range map[string]string{"ID": id, "code": code.Code} {
		r := engineer(t, ada, typed, "--json")
		var far rig.Timeline
		if err := json.Unmarshal([]byte(r.Stdout), &far); err != nil || r.Code != 0 {
			t.Fatalf("by %s: exit %d, %v: %s", what, r.Code, err, r.Stderr)
		}
		if missing := rig.Missing(far, ledger.Accepted()); len(missing) > 0 || far.Pages < here.Pages || far.Damaged > 0 {
			t.Errorf("by %s: %d pages, %d here; %d of the records are missing", what, far.Pages, here.Pages, len(missing))
		}
		if !strings.Contains(r.Stdout, `"diagnosis"`) || strings.Contains(r.Stdout, "what all installations add up to:") {
			t.Errorf("by %s: no diagnosis, or without what all add up to: %.2000s", what, r.Stdout)
		}
	}
	wantRefused(t, engineer(t, ada, "7d444840-9dc0-41d1-b245-5ffdce74fad2"), 1, "no pages for this ID")
	rows := []string{"engineer ada open", "engineer ada found", "engineer ada open", "engineer ada found", "engineer ada open", "engineer ada nothing"}
	if got := auditRows(t, s.Store.Data); !slices.Equal(got, rows) {
		t.Errorf("the audit log has %q, want %q", got, rows)
	}
	if r := agentCommand(agent, "lookups").Run(t); r.Code != 0 || strings.Count(r.Stdout, "SUP-77") != 2 {
		t.Errorf("tacit-agent lookups: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	engineersRefused(t, s, ada, mia, id)
	unwritten(t, s, edge, ada, id)
	rows = append(rows, "engineer ada open", "engineer ada found", "engineer ada open", "engineer ada failed")
	said := replayed(t, s, edge)
	if got := auditRows(t, s.Store.Data); !slices.Equal(got, rows) {
		t.Errorf("after all that was refused the audit log has %q, want %q", got, rows)
	}
	engineersNoted(t, s)
	nothingInTheClear(t, s, edge, said, id, code.Code)
}

// engineersNoted wants who was let in, and who no more, in the audit log.
func engineersNoted(t *testing.T, s *rig.Split) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Store.Data, "desk", "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]int{
		`"what":"engineer added","of":"ada"`: 1, `"what":"engineer added","of":"mia"`: 1, `"what":"engineer removed","of":"mia"`: 1, `"what":"engineer removed","of":"ada"`: 0,
	} {
		if n := bytes.Count(b, []byte(row)); n != want {
			t.Errorf("the audit log has %d rows with %s, want %d", n, row, want)
		}
	}
}

// engineersRefused has those ask who may not.
func engineersRefused(t *testing.T, s *rig.Split, ada, mia, id string) {
	t.Helper()
	r := rig.Tacit(t, "lookup", id, "--credential", ada, "--ticket", "SUP-77").Run(t)
	wantRefused(t, r, 2, "--ticket and --reason are required")
	b, err := os.ReadFile(mia)
	if err != nil {
		t.Fatal(err)
	}
	stolen := filepath.Join(t.TempDir(), "stolen")
	for says, edits := range map[string]rig.Edits{
		"does not let this engineer in":                 {"engineer": "ada"},
		"the edge refuses the credential for engineers": {"credential": "guessed"},
		"not signed by the vendor":                      {"vendor_key": "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"},
		"the value of key":                              {"key": ""},
		"is not a credential as it was written":         {"key": "00"},
		"the edge does not answer":                      {"relays": "nats://127.0.0.1:1"},
	} {
		if err := os.WriteFile(stolen, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rig.EditFile(t, stolen, edits)
		wantRefused(t, engineer(t, stolen, id), 1, says)
	}
	if r := rig.Tacit(t, "store", "engineer", "remove", "mia", "--config", s.Store.Config).Run(t); r.Code != 0 {
		t.Fatalf("remove: exit %d: %s", r.Code, r.Stderr)
	}
	wantRefused(t, engineer(t, mia, id), 1, "does not let this engineer in")
	if r := rig.Tacit(t, "store", "engineer", "list", "--config", s.Store.Config).Run(t); r.Code != 0 || !strings.HasPrefix(r.Stdout, "ada ") || strings.Contains(r.Stdout, "mia") {
		t.Errorf("list: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// unwritten looks up, and the audit log takes nothing any more when the lookup is
// to end: what was found is not shown.
func unwritten(t *testing.T, s *rig.Split, edge *rig.Recorder, ada, id string) {
	t.Helper()
	const subject = "tacit.look.0"
	before := len(edge.Published(t, subject))
	if r := engineer(t, ada, id); r.Code != 0 {
		t.Fatalf("exit %d: %s", r.Code, r.Stderr)
	}
	after := len(edge.Published(t, subject))
	file := filepath.Join(s.Store.Data, "desk", "audit.log")
	was := make(chan []byte, 1)
	edge.Before(subject, 2*after-before, func() {
		good, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append([]byte("{}\n"), good...), 0o600)
		}
		if err != nil {
			t.Error(err)
		}
		was <- good
	})
	wantRefused(t, engineer(t, ada, id), 1, "audit log")
	select {
	case good := <-was:
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatal("the lookup ended with fewer questions than the one before")
	}
}

// replayed sends again what the edge saw, as an edge or an engineer could: to the
// store that heard it, and to the same one started anew. It returns what the store
// said before it was started anew.
func replayed(t *testing.T, s *rig.Split, edge *rig.Recorder) (said string) {
	t.Helper()
	questions := edge.Published(t, "tacit.look.0")
	if len(questions) < 12 {
		t.Fatalf("%d questions were recorded", len(questions))
	}
	word, err := os.ReadFile(s.Edge.Told(t, "credential for engineers in"))
	if err != nil {
		t.Fatal(err)
	}
	name := rand.Text()
	c, err := nats.Connect("nats://"+edge.Address(), nats.UserInfo(name, strings.TrimSpace(string(word))), nats.CustomInboxPrefix("_INBOX."+name), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, when := range []string{"at once", "to a store started anew"} {
		answered := 0
		for _, q := range questions {
			if len(q) == 0 {
				continue // for the key list, which is everybody's
			}
			m, err := c.Request("tacit.look.0", q, rig.Patience)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Data) > 2<<10 {
				t.Errorf("%s: a question is answered with %d bytes", when, len(m.Data))
			}
			answered++
		}
		if answered == 0 {
			t.Errorf("%s: nothing was sent again", when)
		}
		s.Store.Interrupt(t)
		said += s.Store.Text()
		s.Store.Start(t)
		s.Store.WaitReady(t)
	}
	return said
}

// nothingInTheClear searches what the edge saw, what it has on disk, and what the
// store's process and files have, for the ID, the code and the ticket.
func nothingInTheClear(t *testing.T, s *rig.Split, edge *rig.Recorder, said, id, code string) {
	t.Helper()
	seen := map[string][]byte{"the edge's wire": edge.Recorded(), "the edge's log": []byte(s.Edge.Text()), "the store's log": []byte(said + s.Store.Text())}
	for _, dir := range []string{s.Edge.Data, s.Store.Data} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			seen[path] = b
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(seen["the edge's wire"]) < 10_000 {
		t.Fatalf("%v; %d bytes were recorded", err, len(seen["the edge's wire"]))
	}
	secrets := map[string][]byte{"raw ID": raw}
	for name, text := range map[string]string{"ID": id, "code": code} {
		secrets[name], secrets[name+" without hyphens"] = []byte(text), []byte(strings.ReplaceAll(text, "-", ""))
		secrets["small "+name] = bytes.ToLower(secrets[name])
	}
	for where, b := range seen {
		for name, secret := range secrets {
			if bytes.Contains(b, secret) {
				t.Errorf("the %s is in %s", name, where)
			}
		}
		if !strings.HasSuffix(where, "audit.log") && bytes.Contains(b, []byte("search is slow")) {
			t.Errorf("the reason is in %s", where)
		}
	}
}

package desk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	anonpage "github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/desk"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// TestRoutes asks for every address as everybody.
func TestRoutes(t *testing.T) {
	o := open(t, true)
	people := map[string]*engineer{
		"nobody": o.engineer(), "support": o.with("sam", web.Support), "analyst": o.with("alice", web.Analyst),
		"privacy officer": o.with("paul", web.PrivacyOfficer), "administrator": o.with("ada", web.Administrator),
	}
	table := []struct {
		method, path string
		who          string // may
	}{
		{"GET", "/case?case=x", "support"}, {"POST", "/case", "support"}, {"GET", "/case/sheet?case=x", "support"},
		{"GET", "/case/sheet.md?case=x", "support"}, {"GET", "/case/sheet.json?case=x", "support"}, {"POST", "/open", "support"},
		{"GET", "/insights", "analyst"}, {"GET", "/rights", "privacy officer"}, {"POST", "/rights", "privacy officer"}, {"GET", "/rights/export.html?case=x", "privacy officer"},
		{"GET", "/audit", "privacy officer"}, {"GET", "/accounts", "administrator"}, {"POST", "/accounts", "administrator"},
	}
	for _, route := range desk.Routes() {
		listed := route == "GET /" // of everybody; what stands on it is looked at below
		for _, c := range table {
			path, _, _ := strings.Cut(c.path, "?")
			listed = listed || route == c.method+" "+path
		}
		if !listed {
			t.Errorf("%s is not in this table: list who may", route)
		}
	}
	for _, c := range table {
		for who, e := range people {
			got := e.get(c.path)
			if c.method == http.MethodPost {
				got = e.post(c.path, "act", "none")
			}
			switch refused := got.status == http.StatusForbidden; {
			case who == "nobody":
				if c.method == http.MethodGet && !strings.HasPrefix(got.path, "/login") || c.method == http.MethodPost && !refused {
					t.Errorf("nobody: %s %s: %d at %s", c.method, c.path, got.status, got.path)
				}
			case refused == (who == c.who):
				t.Errorf("%s: %s %s: %d", who, c.method, c.path, got.status)
			}
		}
	}
	if got := people["support"].get("/open"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET /open: %d", got.status)
	}
	if home := people["analyst"].get("/"); strings.Contains(home.body, "private-id") {
		t.Error("an analyst has the field")
	}
	if n := o.times(); n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
}

// TestStory opens a history and searches everything for the ID.
func TestStory(t *testing.T) {
	o := open(t, false)
	e := o.admin
	if got := e.get("/"); got.path != "/second-factor" {
		t.Fatalf("without a second factor: %s", got.path)
	}
	o = open(t, true)
	e = o.admin
	p := e.look(strings.ToLower(strings.ReplaceAll(theID, "-", " ")))
	p.says(http.StatusOK, "Search fails since 5.3 on this installation", "2 · High", "Data up to 09:55 UTC", "541 records", "known issue", "Rebuild the index.", "fewer than 20 installations",
		"supported until 2027-06-30", "used search", "Finder 5.2 → 5.3", "E217")
	if !strings.HasPrefix(p.path, "/case?case=") || p.byID("sentence") == "" {
		t.Fatalf("it leads to %s", p.path)
	}
	name := p.path[len("/case?case="):]
	e.get("/case?case="+name+"&problem=1").says(http.StatusOK, "Open takes 3 s", "3 · Medium")
	e.post("/case", "case", name, "act", "decide", "severity", "1", "problem", "0").says(http.StatusOK, "Decided.", "1 · Urgent")
	e.get("/case/sheet?case="+name+"&problem=0").says(http.StatusOK, "1 · Urgent", "T-4711", "engine.Query")
	if sheet := e.get("/case/sheet.json?case=" + name); !json.Valid([]byte(sheet.body)) || strings.Contains(sheet.body, theID) {
		t.Errorf("sheet.json: %s", sheet.body)
	}
	o.set(func() { o.history.Records = append(o.history.Records, o.history.Records[0]) })
	e.post("/case", "case", name, "act", "refresh").says(http.StatusOK, "Opened again")
	e.post("/case", "case", name, "act", "refresh").says(http.StatusOK, "nothing new came within 15 s")
	o.set(func() {
		if o.newer != 2 {
			t.Errorf("it waited for more %d times", o.newer)
		}
	})
	e.post("/case", "case", name, "act", "close").says(http.StatusOK, "Closed.", "tacit id reset")
	e.get("/case?case="+name).says(http.StatusNotFound, "not open any more")
	e.get("/audit").says(http.StatusOK, "chain is whole", "Opened a history", "Opened it again", "T-4711", "search is slow", "anna")
	e.look("7ZZZ-1B2C").says(http.StatusOK, "What is wrong:")
	o.set(func() { o.err = lookup.ErrNothing })
	e.look(theID).says(http.StatusOK, "nothing under this ID", "ID was reset", "waits 24 hours")
	o.nowhere(e, theID)
}

// nowhere searches logs, addresses and all files for an ID, in its usual writings.
func (o *office) nowhere(e *engineer, id string) {
	o.t.Helper()
	plain := strings.ToLower(strings.ReplaceAll(id, "-", ""))
	holds := func(what string, b []byte) {
		small := bytes.ToLower(b)
		if bytes.Contains(small, []byte(plain)) || bytes.Contains(small, []byte(strings.ToLower(id))) || bytes.Contains(small, []byte("6f1c2b34")) {
			o.t.Errorf("%s holds the ID: %s", what, b)
		}
	}
	holds("the log", o.log.Bytes())
	for _, u := range e.urls {
		holds("an address", []byte(u))
	}
	u, _ := url.Parse(o.server.URL)
	for _, c := range e.client.Jar.Cookies(u) {
		holds("a cookie", []byte(c.Value))
	}
	files := 0
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		holds(path, b)
		return err
	})
	if err != nil || files < 4 {
		o.t.Errorf("%d files, %v", files, err)
	}
}

// TestMistakes: what is wrong is said beside its field, nothing is asked, and
// the address stays clean.
func TestMistakes(t *testing.T) {
	o := open(t, true)
	support := o.with("sam", web.Support)
	for name, c := range map[string]struct{ id, ticket, reason, says string }{
		"empty":            {"", "T-1", "why", "nothing was typed"},
		"mistyped":         {theID[:len(theID)-1] + "Z", "T-1", "why", "check character"},
		"a group short":    {theID[5:], "T-1", "why", "What is wrong:"},
		"ID in the ticket": {theID, theID[:14], "why", "taken out"},
		"ID in the reason": {theID, "T-1", "user " + theID, "taken out"},
		"long ticket":      {theID, strings.Repeat("T", 30), "why", "at most 24"},
		"hostile":          {`"><script>alert(1)</script>`, "T-1", "why", "What is wrong:"},
	} {
		t.Run(name, func(t *testing.T) {
			p := support.post("/open", "private-id", c.id, "ticket", c.ticket, "reason", c.reason)
			p.says(http.StatusOK, c.says, "Nothing was opened.")
			if p.path != "/" || strings.Contains(p.body, "<script") {
				t.Errorf("at %s: %s", p.path, p.body)
			}
			if again := support.get("/").body; c.id != "" && strings.Contains(again, "value=\""+c.id) {
				t.Error("what was typed is shown twice")
			}
		})
	}
	if n := o.times(); n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
}

// TestWhy: over the network ticket and reason are needed.
func TestWhy(t *testing.T) {
	o := open(t, true)
	o.admin.post("/open", "private-id", theID).says(http.StatusOK, "Search fails")
	if n := o.times(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	// A desk of others has a second factor first: package web's tests log in.
	e := open(t, false)
	if got := e.admin.post("/open", "private-id", theID); got.path != "/second-factor" || e.times() != 0 {
		t.Errorf("%s, asked %d times", got.path, e.times())
	}
}

// TestAudit: rows equal lookups, and where a row cannot be written nothing is
// asked.
func TestAudit(t *testing.T) {
	o := open(t, true)
	for range 3 {
		o.admin.look(theID)
	}
	o.set(func() { o.err = errors.New("the socket is gone") })
	o.admin.look(theID).says(http.StatusOK, "could not be asked")
	entries, err := o.audit.Entries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	opened, ended := 0, map[string]int{}
	for _, e := range entries {
		switch e.Act {
		case audit.Opened:
			opened++
		case audit.Outcome:
			ended[e.What]++
		}
	}
	if opened != o.times() || ended[audit.Found] != 3 || ended[audit.Failed] != 1 {
		t.Errorf("%d rows of %d lookups, outcomes %v", opened, o.times(), ended)
	}
	file := filepath.Join(o.dir, "desk", "audit", "audit.log")
	if err := os.Rename(file, file+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil { // root writes everywhere
		t.Fatal(err)
	}
	before := o.times()
	o.set(func() { o.err = nil })
	o.admin.look(theID).says(http.StatusOK, "Refused: the audit log could not be written")
	o.admin.post("/rights", "private-id", theID, "act", "erase", "sure", "yes").says(http.StatusOK, "Refused:")
	if o.times() != before || o.erased != 0 {
		t.Errorf("the store was asked %d times more, and erased %d times", o.times()-before, o.erased)
	}
}

// TestAuditEdited: a log that was changed is said to be, and takes nothing more.
func TestAuditEdited(t *testing.T) {
	o := open(t, true)
	o.admin.look(theID)
	file := filepath.Join(o.dir, "desk", "audit", "audit.log")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(b, []byte("anna"), []byte("anne"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	o.admin.get("/audit").says(http.StatusOK, "not as it was written")
	before := o.times()
	o.admin.look(theID).says(http.StatusOK, "takes nothing more")
	if o.times() != before {
		t.Error("the store was asked")
	}
}

func TestLimit(t *testing.T) {
	o := open(t, true)
	sam := o.with("sam", web.Support)
	for range 60 {
		if _, err := o.audit.Begin(t.Context(), audit.Entry{By: "sam", From: audit.Command, Act: audit.Opened}); err != nil {
			t.Fatal(err)
		}
	}
	sam.look(theID).says(http.StatusOK, "60 histories within an hour")
	if o.times() != 0 {
		t.Error("the store was asked")
	}
	o.admin.look(theID).says(http.StatusOK, "Search fails") // counted by engineer
	o.set(func() { o.now = o.now.Add(time.Hour) })
	sam.post("/login", "name", "sam", "password", password)
	sam.look(theID).says(http.StatusOK, "Search fails")
}

func TestBusyAndSilent(t *testing.T) {
	o := open(t, true)
	o.set(func() { o.wait = make(chan struct{}) })
	done := make(chan page, 2)
	for i := range 2 {
		e := o.with(fmt.Sprintf("sam %d", i), web.Support)
		go func() { done <- e.look(theID) }()
		<-o.inside
	}
	o.admin.look(theID).says(http.StatusOK, "Other histories are being opened")
	close(o.wait)
	for range 2 {
		(<-done).says(http.StatusOK, "Search fails")
	}
}

// TestNoOutcome: what is found is not shown when its outcome cannot be written.
func TestNoOutcome(t *testing.T) {
	o := open(t, true)
	o.set(func() { o.wait = make(chan struct{}) })
	done := make(chan page, 1)
	go func() { done <- o.admin.look(theID) }()
	<-o.inside
	file := filepath.Join(o.dir, "desk", "audit", "audit.log")
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append([]byte("{}\n"), b...), 0o600)
	}
	if err != nil {
		t.Error(err)
	}
	close(o.wait)
	if p := <-done; p.path != "/" || strings.Contains(p.body, "Search fails") {
		t.Errorf("it leads to %s", p.path)
	}
}

// TestTrouble: each error of a lookup has words of its own.
func TestTrouble(t *testing.T) {
	o := open(t, true)
	for err, says := range map[error]string{
		fmt.Errorf("look up: %w since 2026-08-24", lookup.ErrNothing):    "nothing under this ID",
		fmt.Errorf("look up: %w", lookup.ErrNoCode):                      "nothing under this ID",
		fmt.Errorf("look up: %w: [2026-09 2026-10]", lookup.ErrUnread):   "[2026-09 2026-10]",
		fmt.Errorf("look up: more than 10000: %w", lookup.ErrTooMany):    "more than can be opened at once",
		fmt.Errorf("look up: %w: too long", lookup.ErrTicket):            "ticket may have letters",
		fmt.Errorf("look up: ask store: %w: cut", lookup.ErrCut):         "answer broke off",
		fmt.Errorf("open store for lookup: %w", home.ErrSilent):          "did not answer within",
		errors.New("dial unix /somebody's/home: connection was refused"): "could not be asked",
	} {
		o.set(func() { o.err = err })
		p := o.admin.look(theID)
		p.says(http.StatusOK, says)
		if p.path != "/" {
			t.Errorf("%v leads to %s", err, p.path)
		}
	}
}

// TestNotes: what is not shown is said.
func TestNotes(t *testing.T) {
	o := open(t, true)
	o.history.Damaged, o.history.NotUnderstood, o.history.OtherWriter = 3, 12, 2
	o.history.DamagedOn = []schema.Day{schema.DayOf(o.now) - 3, schema.DayOf(o.now)}
	o.history.Unread = []schema.Month{2026*12 + 8}
	o.admin.look(theID).says(http.StatusOK, "Damaged pages: 3, sent on 2026-11-19, 2026-11-22.", "Records not understood: 12.", "another writer: 2.", "2026-09", "Search fails")
}

// TestEmptyByCode: a code that opens nothing, such as one of yesterday, has causes of
// its own.
func TestEmptyByCode(t *testing.T) {
	o := open(t, true)
	o.set(func() { o.err = fmt.Errorf("look up: %w", lookup.ErrNoCode) })
	code := anonpage.NewCode().Spoken()
	p := o.admin.look(code)
	p.says(http.StatusOK, "No such support code lives", "Its day is over", "revoked", "still on its way", "another vendor")
	if strings.Contains(p.body, "ID was reset") {
		t.Error("it lists what may be with an ID")
	}
	o.nowhere(o.admin, code)
}

// TestSilentStore: the page comes all the same, and says what is missing.
func TestSilentStore(t *testing.T) {
	t.Parallel()
	o := open(t, true)
	o.set(func() { o.wait = make(chan struct{}) })
	o.admin.look(theID).says(http.StatusOK, "The store did not answer within 25 s, so nothing is shown")
	entries, err := o.audit.Entries(t.Context())
	if err != nil || entries[len(entries)-1].What != audit.Failed {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestWrongClockOnThePage: records that a wrong clock dates years off are on the time
// line, and leave the charts of the others as they were.
func TestWrongClockOnThePage(t *testing.T) {
	o := open(t, true)
	o.history.OldestDay = schema.DayOf(o.now) - 2
	_, before, _ := strings.Cut(o.admin.look(theID).body, `class="spark"`)
	before, _, drawn := strings.Cut(before, "</svg>")
	for _, year := range []int{1970, 2090} {
		at := time.Date(year, 1, 1, 0, 0, 1, 0, time.UTC).Unix()
		o.history.Records = append(o.history.Records, record(at, schema.Engine, "engine.memory", schema.Number(7), "By"))
	}
	slices.SortStableFunc(o.history.Records, func(a, b lookup.Record) int { return int(a.Time/1000 - b.Time/1000) })
	p := o.admin.look(theID)
	p.says(http.StatusOK, "2090-01-01", "Search fails")
	if !drawn || !strings.Contains(p.body, before+"</svg>") {
		t.Errorf("the chart is another one than before: %s", before)
	}
}

// TestCasesAreApart: a case opens in its own session only, and ends by itself.
func TestCasesAreApart(t *testing.T) {
	o := open(t, true)
	path := o.admin.look(theID).path
	o.with("sam", web.Support).get(path).says(http.StatusNotFound, "not open any more")
	o.admin.get(path).says(http.StatusOK)
	o.admin.post("/logout")
	o.admin.post("/login", "name", "anna", "password", password)
	o.admin.get(path).says(http.StatusNotFound)
	path = o.admin.look(theID).path
	o.set(func() { o.now = o.now.Add(14 * time.Minute) })
	o.admin.get(path).says(http.StatusOK)
	o.set(func() { o.now = o.now.Add(14 * time.Minute) })
	o.admin.get(path).says(http.StatusOK)
	o.set(func() { o.now = o.now.Add(16 * time.Minute) })
	o.admin.post("/login", "name", "anna", "password", password)
	o.admin.get(path).says(http.StatusNotFound)
}

func TestErase(t *testing.T) {
	o := open(t, true)
	paul := o.with("paul", web.PrivacyOfficer)
	paul.post("/rights", "private-id", theID, "act", "erase").says(http.StatusOK, "Tick this box")
	if o.erased != 0 {
		t.Fatal("erased without a tick")
	}
	paul.post("/rights", "private-id", theID, "act", "erase", "sure", "yes").says(http.StatusOK, "is erased", "42", "2026-11-24", "Receipt")
	if strings.Contains(paul.get("/rights").main(), "Receipt") {
		t.Error("the receipt is shown twice")
	}
	paul.get("/audit").says(http.StatusOK, "Erased", "Done")
	o.set(func() { o.err = lookup.ErrUnread })
	paul.post("/rights", "private-id", theID, "act", "erase", "sure", "yes").says(http.StatusOK, "cannot read these months")
	o.nowhere(paul, theID)
}

func TestExport(t *testing.T) {
	o := open(t, true)
	paul := o.with("paul", web.PrivacyOfficer)
	o.history.Records = append(o.history.Records, record(at(22, 9, 56, 0), schema.ErrorReport, "finder.error", schema.Text(`</script><script>alert(1)</script>`), ""))
	p := paul.post("/rights", "private-id", theID, "act", "export")
	p.says(http.StatusOK, "The file is ready", "Download")
	link := p.link("Download")
	file := paul.get(link)
	if file.status != http.StatusOK || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || !strings.Contains(file.body, "finder.search.duration") || strings.Contains(file.body, "<script>alert") {
		t.Fatalf("%d %v %.300s", file.status, file.header, file.body)
	}
	_, after, _ := strings.Cut(file.body, `id="data">`)
	data, _, _ := strings.Cut(after, "</script>")
	var in struct {
		Records []struct{ Metric string } `json:"records"`
	}
	if err := json.Unmarshal([]byte(data), &in); err != nil || len(in.Records) != len(o.history.Records) {
		t.Errorf("%d records for programs, %v", len(in.Records), err)
	}
	o.with("sam", web.PrivacyOfficer).get(link).says(http.StatusNotFound)
	o.set(func() { o.err = lookup.ErrNothing })
	paul.post("/rights", "private-id", theID, "act", "export").says(http.StatusOK, "Nothing was exported")
	o.nowhere(paul, theID)
}

// TestHeaders: no answer may be kept by a browser, nor told to anybody.
func TestHeaders(t *testing.T) {
	o := open(t, true)
	path := o.admin.look(theID).path
	for _, path := range []string{"/", path, "/rights", "/audit", "/accounts", "/account", "/second-factor", "/case?case=gone"} {
		h := o.admin.get(path).header
		if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(h.Get("Content-Security-Policy"), "script") {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, name := range []string{"Search", "E217"} {
		if title := o.admin.get(path).find(func(n *node) bool { return n.Data == "title" }); strings.Contains(text(title[0]), name) {
			t.Errorf("the title says %q", text(title[0]))
		}
	}
}

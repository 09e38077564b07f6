package browser

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// What the first administrator types.
const (
	ada      = "Ada"
	adasWord = "a long walk by the sea"
)

// heaviest is what a page may weigh with all it loads.
const heaviest = 60_000

// house is a `tacit up`, as somebody has it who tries Tacit.
type house struct {
	dir     string
	process *rig.Process
	console string // URL, without a slash at its end
}

func startHouse(t *testing.T) *house {
	t.Helper()
	h := &house{dir: rig.Dir(t)}
	h.start(t)
	return h
}

// start starts it, again after it has ended. Its ports are others then.
func (h *house) start(t *testing.T) {
	t.Helper()
	h.process = rig.Up(t, h.dir)
	b, err := os.ReadFile(filepath.Join(h.dir, "run", "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var where struct{ Console string }
	if err := json.Unmarshal(b, &where); err != nil || where.Console == "" {
		t.Fatalf("where is the console? %s", b)
	}
	h.console = strings.TrimSuffix(where.Console, "/")
}

var setupCode = regexp.MustCompile(`setup code (\S+)`)

// code is the setup code, which the banner shows.
func (h *house) code(t *testing.T) string {
	t.Helper()
	var found []string
	rig.Eventually(t, "it prints a setup code", func() bool {
		found = setupCode.FindStringSubmatch(h.process.Text())
		return found != nil
	})
	return found[1]
}

// makeAccount fills the form for a new account with a one-time code.
func (tab *Tab) makeAccount(code, account, password string) int {
	tab.t.Helper()
	tab.Fill(rig.CodeField, code)
	tab.Fill(rig.AccountField, account)
	tab.Fill(rig.NewField, password)
	tab.Fill(rig.AgainField, password)
	return tab.Follow(Button, rig.CreateButton)
}

// setUp makes Ada's account: whoever comes first is led to the form for it.
func (tab *Tab) setUp(console, code string) {
	tab.t.Helper()
	tab.Open(console + "/")
	if !strings.HasSuffix(tab.URL(), "/setup") {
		tab.t.Fatalf("the first visitor is led to %s", tab.URL())
	}
	tab.makeAccount(code, ada, adasWord)
	tab.Expect(http.StatusOK)
	tab.Says("Welcome.")
}

// logIn fills the login form, wherever it is shown.
func (tab *Tab) logIn(account, password string) int {
	tab.t.Helper()
	tab.Fill(rig.AccountField, account)
	tab.Fill(rig.PasswordField, password)
	return tab.Follow(Button, rig.LoginButton)
}

// leadsToLogin fails the test when the page is not the login.
func (tab *Tab) leadsToLogin() {
	tab.t.Helper()
	if u, err := url.Parse(tab.URL()); err != nil || u.Path != "/login" || tab.Has(Button, rig.LoginButton) != 1 {
		tab.t.Errorf("%s is shown", tab.URL())
	}
}

// logOut ends the session, by the menu of the account.
func (tab *Tab) logOut() {
	tab.t.Helper()
	tab.Click(Summary, "Account: "+ada)
	tab.Follow(Button, rig.LogoutButton)
	tab.Expect(http.StatusOK)
}

// figure reads a number of the overview by the words above it.
func (tab *Tab) figure(words string) int {
	tab.t.Helper()
	text := tab.Text()
	_, after, found := strings.Cut(text, words+"\n")
	line, _, _ := strings.Cut(strings.TrimSpace(after), "\n")
	n, err := strconv.Atoi(strings.ReplaceAll(line, ",", ""))
	if !found || err != nil {
		tab.t.Fatalf("no number under %q in\n%s", words, text)
	}
	return n
}

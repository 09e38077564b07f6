package attack

import (
	"bytes"
	crand "crypto/rand"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// stranger calls at all doors, from an address of his own.
var stranger = caller{"a stranger", "127.66.177.203"}

// says has the product say too much, and agent and store be asked for it all.
func (f *plantedField) says() {
	f.product(true)
	rig.Eventually(f.t, "the product's errors are in the timeline", func() bool {
		said := f.storeSays("lookup", f.id, "--json")
		return strings.Contains(said, "permission denied") && reported(said)
	})
	for _, args := range [][]string{
		{"why"}, {"why", "--json"}, {"preview"}, {"preview", "--json"}, {"send"}, {"outbox", "list"}, {"outbox", "verify"}, {"outbox", "show", "1", "--json"},
	} {
		f.agentSays(args...)
	}
	backup := filepath.Join(f.t.TempDir(), "backup")
	config := []string{"--config", f.store.Config}
	for _, args := range [][]string{
		{"store", "keys", "list"}, {"store", "verify", "--json"}, {"store", "backup", "--out", backup, "--json"}, {"store", "verify", "--backup", backup},
		{"store", "recall", "--agent", "9.9.9", "--from", "2026-01-01", "--to", "2027-01-01", "--dry-run"},
	} {
		r := rig.Tacit(f.t, append(args, config...)...).Run(f.t)
		if r.Code != 0 {
			f.t.Errorf("tacit %s: exit %d: %s", strings.Join(args, " "), r.Code, r.Stderr)
		}
		name := strings.Join(args[:2], " ")
		f.seen.printed("stdout of tacit "+name, strings.ReplaceAll(r.Stdout, backup, "FILE"), f.store.Data)
		f.seen.printed("stderr of tacit "+name, strings.ReplaceAll(r.Stderr, backup, "FILE"), f.store.Data)
	}
	b, err := os.ReadFile(backup)
	if err != nil {
		f.t.Fatal(err)
	}
	f.seen.add("the backup", b)
}

// storeSays runs a command on the store's data, and keeps what it prints.
func (f *plantedField) storeSays(args ...string) string {
	f.t.Helper()
	r := rig.Tacit(f.t, append(args, "--data", f.store.Data)...).Run(f.t)
	f.seen.printed("stdout of tacit "+args[0], r.Stdout, f.store.Data, f.id, f.spoken)
	f.seen.printed("stderr of tacit "+args[0], r.Stderr, f.store.Data)
	return r.Stdout
}

// visited has a stranger say secrets at every door, and the administrator look
// at every page.
func (f *plantedField) visited() {
	if f.admin.Get(f.t, rig.CloudServices).URL.Path == "/login" { // since the site was started again
		f.admin.LogIn(f.t, account, password)
	}
	for _, d := range []struct{ name, address string }{
		{"the edge", f.edge.Told(f.t, "listens on")}, {"the site", f.site.Told(f.t, "listens on")},
	} {
		f.tellAll("the door of "+d.name, inDoor, "tcp", d.address, f.lines())
	}
	for _, name := range []string{f.edge.name, f.site.name, f.store.name} {
		f.tellAll("/metrics of "+name, inHealth, "tcp", f.part(name).healthAddress(f.t), requestsWith(inHealth))
	}
	sockets, err := filepath.Glob(filepath.Join(f.store.Data, "run", "*.sock"))
	if err != nil || len(sockets) == 0 {
		f.t.Fatalf("the store has no socket: %v", err)
	}
	for _, socket := range sockets {
		f.tellAll("the store's socket", inSocket, "unix", socket, requestsWith(inSocket))
	}
	f.forms()
	for _, path := range pages {
		f.keepPage("the console's "+path, f.admin.Get(f.t, path))
	}
}

func (f *plantedField) part(name string) *part {
	for _, p := range f.parts() {
		if p.name == name {
			return p
		}
	}
	return nil
}

// lines are what a stranger says in NATS's protocol, and beside it. With the
// site's credential he comes in under a name that he chooses.
func (f *plantedField) lines() (all []string) {
	for _, value := range secretsIn(inDoor).all() {
		word, name := strings.ReplaceAll(value, " ", "_"), crand.Text()
		chosen := notInName.ReplaceAllString(value, "_") + "_____________________"
		inside := f.enter(name, value)
		all = append(all,
			strings.Replace(f.enter(value, value), f.credential, value, 1),
			f.enter(chosen, value)+fmt.Sprintf("SUB _INBOX.%s.* 1\r\nPUB tacit.get.policy _INBOX.%s.x 0\r\n\r\nPUB tacit.put _INBOX.%s.x 3\r\nabc\r\n", chosen, chosen, chosen),
			inside+fmt.Sprintf("PUB tacit.put _INBOX.%s.x %d\r\n%s", name, 64<<20, value),
			inside+fmt.Sprintf("SUB %s 1\r\nSUB _INBOX.%s.* 2\r\nPUB tacit.put.%s 3\r\nabc\r\nPUB tacit.put _INBOX.%s.%s %d\r\n%s\r\n", word, name, word, name, word, len(value), value),
			f.enter(crand.Text(), value)+fmt.Sprintf("HPUB tacit.put _INBOX.x.y %d %d\r\nNATS/1.0\r\nX-Acme: %s\r\n\r\nabc\r\n", 22+len(value), 25+len(value), value),
			f.enter(crand.Text(), value)+"PUB "+value+" "+value+" "+value+"\r\n", value+"\r\n", "CONNECT {"+value+"\r\n",
			requests(value)[0])
	}
	return all
}

// notInName is what a name at a door does not have.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// enter is what somebody says who comes in with the site's credential.
func (f *plantedField) enter(name, says string) string {
	return fmt.Sprintf(`CONNECT {"verbose":true,"headers":true,"no_responders":true,"user":%q,"pass":%q,"name":%q,"lang":%q,"version":%q}`+"\r\nPING\r\n",
		name, f.credential, says, says, says)
}

// requests are wrong and right from outside, in HTTP.
func requests(value string) []string {
	path := url.PathEscape(value)
	return []string{
		fmt.Sprintf("GET /%s?%s=%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nCookie: session=%s\r\nConnection: close\r\n\r\n", path, path, path, path, value, path),
		fmt.Sprintf("POST /v1/pages HTTP/1.1\r\nHost: tacit\r\nX-Acme: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n{\"tags\":[%q]}", value, 11+len(value)+2, value),
		fmt.Sprintf("POST /v1/recall HTTP/1.1\r\nHost: tacit\r\nContent-Length: %d\r\nConnection: close\r\n\r\n{\"agent\":%q}", 10+len(value)+2, value),
		fmt.Sprintf("%s / HTTP/1.1\r\n%s\r\n\r\n", value, value),
	}
}

// tell says something, and returns what is answered until the other side has
// enough or says nothing more.
func (f *plantedField) tell(network, address, text string) []byte {
	f.t.Helper()
	d := net.Dialer{Timeout: rig.Patience}
	if network == "tcp" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(stranger.at)}
	}
	c, err := d.DialContext(f.t.Context(), network, address)
	if err != nil {
		f.t.Errorf("call at %s: %v", address, err)
		return nil
	}
	defer c.Close()
	_, _ = io.WriteString(c, text) // it may have had enough before the end
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	answer, _ := io.ReadAll(c)
	return answer
}

// tellAll says each text at once with others, and keeps the answers.
func (f *plantedField) tellAll(where, place, network, address string, all []string) {
	f.t.Helper()
	const atOnce = 8
	answers, next := make([][]byte, len(all)), atomic.Int64{}
	var tellers sync.WaitGroup
	for range atOnce {
		tellers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				answers[i] = f.tell(network, address, all[i])
			}
		})
	}
	tellers.Wait()
	f.seen.answer("the answers at "+where, place, bytes.Join(answers, []byte("\n")))
}

// requestsWith are requests with each of the secrets of a place.
func requestsWith(place string) (all []string) {
	for _, value := range secretsIn(place).all() {
		all = append(all, requests(value)...)
	}
	text := strings.Repeat(strings.Join(secretsIn(place).sentences(), " "), 256) // more than any of them takes
	return append(all, fmt.Sprintf("POST /v1/pages HTTP/1.1\r\nHost: tacit\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(text), text))
}

// forms has a stranger and the administrator send every form of the console with
// secrets in it, which may be in the answer, but for passwords.
func (f *plantedField) forms() {
	a, passwords := rig.NewAdmin(f.t, f.site.Told(f.t, "console")), secretsIn(inPassword).all()
	a.Client.Transport = newBrowser(stranger)
	for i, value := range secretsIn(inConsole).all() {
		fields := url.Values{}
		for _, name := range []string{"name", "code", "account", "from", "next", "restore", "revision", "act", "session", "ceip", "csp", "level", value} {
			fields.Set(name, value)
		}
		for _, name := range []string{"password", "password-again", "password-new", "password-new-again", "password-for-invite"} {
			fields.Set(name, passwords[i])
		}
		paths := []string{"/login", "/setup", "/recover", "/account", rig.CloudServices}
		path, other := paths[i%len(paths)], paths[(i+3)%len(paths)]
		f.keepPageFor("the console's answer to "+path, inConsole, a.Post(f.t, path, fields))
		// Logged in, with fields that the form does not have.
		f.keepPageFor("the console's answer to the administrator at "+other, inConsole, f.admin.Post(f.t, other, fields))
	}
}

func (f *plantedField) keepPage(name string, p *rig.Page) { f.keepPageFor(name, "", p) }

// keepPageFor keeps the answer to who typed the secrets of a place.
func (f *plantedField) keepPageFor(name, place string, p *rig.Page) {
	var b bytes.Buffer
	_ = p.Header.Write(&b) // into memory
	fmt.Fprintf(&b, "%d %s", p.Status, p.Body)
	f.seen.answer(name, place, b.Bytes())
}

// mistakes are commands with an argument that they do not understand.
func mistakes(value string) [][]string {
	return [][]string{
		{"lookup", value}, {"store", "erase", value}, {"outbox", "show", value}, {value}, {"why", "--" + value}, {"up", "--ports", value},
		{"scrub", value}, {"id", value}, {"store", "restore", value}, {"registry", "lint", value},
	}
}

// typed has secrets as arguments of commands, each of a few, and in
// configurations.
func (f *plantedField) typed(random *rand.Rand) {
	for i, value := range secretsIn(inArgument).all() {
		all := mistakes(value)
		for _, args := range [][]string{all[i%len(all)], all[random.IntN(len(all))]} {
			r := f.command("", args...).Run(f.t)
			text := strings.ReplaceAll(r.Stdout+r.Stderr, "~"+strings.TrimPrefix(f.dir, filepath.Join(plantedHomes, plantedUser)), "D") // of --data
			f.seen.answer("what a command mistyped prints", inArgument, []byte(strings.ReplaceAll(text, f.dir, "D")))
		}
	}
	for i, value := range secretsIn(inConfiguration).all() {
		f.misconfiguredPart(f.parts()[i%4], value)
	}
}

// misconfiguredPart gives a daemon a configuration with a secret under keys that
// it does not know. It says where, and not what stood there.
func (f *plantedField) misconfiguredPart(p *part, value string) {
	config := filepath.Join(f.t.TempDir(), filepath.Base(p.Config))
	text, err := os.ReadFile(p.Config)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(config, fmt.Sprintf("acme: [%q, {%q: 1}]\n%s", value, value, text))
	r := rig.Command{Path: p.binary, Args: append(append([]string{}, p.command...), "--config", config)}.Run(f.t)
	if r.Code == 0 || !strings.Contains(r.Stderr, "unknown key") {
		f.t.Errorf("%s takes an unknown key: exit %d: %s", p.name, r.Code, r.Stderr)
	}
	f.seen.printed("what "+p.name+" says to a wrong configuration", strings.ReplaceAll(r.Stdout+r.Stderr, config, "FILE"), p.Data)
}

// health keeps what daemons say of themselves.
func (f *plantedField) health(moment string) {
	f.t.Helper()
	for _, p := range []*part{f.edge, f.site, f.store} {
		for _, path := range []string{"/livez", "/readyz", "/metrics", "/"} {
			var answer []byte
			rig.Eventually(f.t, path+" of "+p.name+" is answered", func() bool { // who has as long as a stranger
				answer = f.tell("tcp", p.healthAddress(f.t), "GET "+path+" HTTP/1.0\r\n\r\n")
				return bytes.HasPrefix(answer, []byte("HTTP/1."))
			})
			f.seen.add(path+" of "+p.name+" "+moment, answer)
		}
	}
}

// offered offers what a product says too much of, whatever is said to it.
func (f *plantedField) offered() {
	for _, text := range errorTexts() {
		f.call(http.MethodPost, "/v1/records", fmt.Sprintf(
			`{"product":{"name":"tacit","version":"0.1.0"},"records":[{"metric":"exception","value":"PermissionError","labels":{"exception.message":%q}}]}`, text), nil, 0)
	}
}

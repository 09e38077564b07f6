package story

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// consoleRoutes are the site's; all of its accounts may the same.
var consoleRoutes = map[string]string{
	"GET /": everyone, "GET /cloud-services": everyone, "POST /cloud-services": everyone, "GET /agent-configuration": everyone,
	"GET /agent-configuration/agent.yaml": everyone, "GET /collected": everyone, "GET /sent": everyone,
	"GET /account": everyone, "POST /account": everyone, "GET /setup": anybody, "POST /setup": anybody, "GET /login": anybody, "POST /login": anybody,
	"POST /logout": anybody, "GET /recover": anybody, "POST /recover": anybody, "POST /language": anybody, "GET /style-HASH.css": anybody, "GET /logo-HASH.svg": anybody,
}

// checkConsole: the site's administrator sees counts, and what this host sends.
func (n *lone) checkConsole(t *testing.T) {
	routes := n.served(t, "console.title")
	listed(t, "the console's", routes, consoleRoutes)
	found := regexp.MustCompile(`console +(http://\S+)/ .*setup code (\S+)`).FindStringSubmatch(n.text())
	if found == nil {
		t.Fatalf("no console in %s", n.text())
	}
	a := rig.NewAdmin(t, found[1])
	a.SetUp(t, found[2], "ada", "a long walk by the sea")
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet || strings.Contains(path, "-HASH.") {
			continue // what a form saves is shown by a GET
		}
		for _, form := range forms("x", true) {
			p := a.Get(t, path+"?"+form.Encode())
			n.nothing(t, "the console's "+route, p.Body)
		}
	}
}

// ask is a request on a socket.
type ask struct {
	header http.Header
	body   []byte
}

// socket asks on a socket of the site, and returns status and answer.
func (n *lone) socket(t *testing.T, name, route string, what ask) (int, string) {
	t.Helper()
	client := http.Client{Timeout: rig.Patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(n.site, "run", name))
		},
	}}
	method, path, _ := strings.Cut(route, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, "http://tacit"+path, bytes.NewReader(what.body))
	if err != nil {
		t.Fatal(err)
	}
	for key, values := range what.header {
		r.Header[key] = values
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", route, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", route, err)
	}
	return resp.StatusCode, string(b)
}

// tags is a question for made-up tags, as many as one may have.
func tags() []byte {
	const most = 1024
	b := binary.BigEndian.AppendUint16([]byte{1}, most)
	for i := range most {
		b = binary.BigEndian.AppendUint32(b, uint32(today()-int64(i%90)))
		b = append(b, random(16)...)
	}
	return b
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}

// today is the day's number.
func today() int64 { return time.Now().Unix() / 86400 }

// storeRoutes are asked as who may read the socket, without an ID: the store's own
// user.
func (n *lone) storeRoutes(t *testing.T) map[string][]ask {
	t.Helper()
	letter := append(binary.BigEndian.AppendUint32(random(16), uint32(today())), random(68)...)
	status, pass := n.socket(t, "store.sock", "POST /v1/note", ask{body: letter})
	if status != http.StatusOK || pass == "" {
		t.Fatalf("a note to nobody: %d %s", status, pass)
	}
	passed := http.Header{"Tacit-Pass": {pass}}
	var questions []ask
	for _, metric := range []string{"tacit.operation.duration", "tacit.error", "service.version", "os.type", "tacit.spool.bytes"} {
		for _, by := range []string{"[]", `["service.version"]`, `["service.version","os.type"]`} {
			questions = append(questions, ask{body: fmt.Appendf(nil, `{"Metric":%q,"By":%s,"Days":30}`, metric, by)})
		}
	}
	recall := fmt.Appendf(nil, `{"registry":1,"agent":"","from":%d,"to":%d,"dry_run":true}`, today(), today())
	return map[string][]ask{
		"POST /v1/pages":        {{}, {body: []byte{1, 0, 0}}, {body: tags()}, {body: tags(), header: passed}},
		"POST /v1/held":         {{}, {body: tags()}},
		"POST /v1/note":         {{}, {body: letter}},
		"POST /v1/grant":        {{}, {body: random(16)}},
		"POST /v1/insights":     questions,
		"GET /v1/population":    {{}},
		"GET /v1/keys":          {{}},
		"POST /v1/keys/publish": {{body: []byte("{}")}},
		"POST /v1/keys/rotate":  nil, // what it answers is a list of keys, as GET does
		"POST /v1/keys/seal":    nil, // the secrets under a passphrase
		"POST /v1/erase":        {{}, {body: random(64)}},
		"POST /v1/verify":       {{body: []byte("{}")}},
		"POST /v1/backup":       {{body: []byte("{}")}}, // sealed rows
		"POST /v1/recall":       {{body: recall}},
	}
}

// fewer matches what is said of a cell that too few installations are in: that there
// is one, and no figure of it.
var fewer = regexp.MustCompile(`\{\s*"facets":\s*\[[^\]{}]*\],\s*"fewer_than":\s*\d+\s*\}|(?m)^[^:\n]*: fewer than \d+ installations$|` +
	`<th scope="col" class="number">[^<]*<br><span class="small">fewer than \d+ installations</span>|<strong>[^<]*</strong> fewer than \d+ installations`)

// counted returns an answer without those.
func counted(answer string) string { return fewer.ReplaceAllString(answer, "fewer") }

// checkStoreSocket also counts what comes back for tags that are made up, with a
// pass and without: no rows.
func (n *lone) checkStoreSocket(t *testing.T) {
	asks := n.storeRoutes(t)
	listed(t, "the store's", n.served(t, "store"), asks)
	for route, all := range asks {
		for i, one := range all {
			status, answer := n.socket(t, "store.sock", route, one)
			n.nothing(t, fmt.Sprintf("the store's %s, question %d,", route, i), counted(answer))
			// The end of an answer is 9 bytes and 4 of its count.
			if short := strings.HasSuffix(route, "pages") || strings.HasSuffix(route, "held"); short && len(answer) > 60 {
				t.Errorf("%s, question %d: status %d and %d bytes", route, i, status, len(answer))
			}
		}
	}
	if status, answer := n.socket(t, "store.sock", "POST /v1/pages", ask{body: tags()}); status != http.StatusForbidden {
		t.Errorf("pages without a note: %d %s", status, answer)
	}
}

// agentRoutes are of the site's own agent: whoever is on that host asks for what is
// of that host. A true one is asked here.
var agentRoutes = map[string]bool{
	"POST /v1/records": false, "POST /v1/never": false, "GET /v1/installation": true, "POST /v1/installation/reset": false, "POST /v1/erase": false,
	"GET /v1/erase": true, "POST /v1/support": true, "POST /v1/support/revoke": true, "POST /v1/lookups": true, "POST /v1/debug": false,
	"GET /v1/why": true, "POST /v1/participation": false, "GET /v1/preview": true, "POST /v1/send": true, "GET /v1/outbox": true,
	"GET /v1/outbox/verify": true, "GET /v1/outbox/{number}": true, "GET /v1/status": true, "GET /v1/openapi.yaml": true,
}

// checkAgentSocket: the agent beside the store knows its own installation and no
// other.
func (n *lone) checkAgentSocket(t *testing.T) {
	_, text := n.socket(t, "agent.sock", "GET /v1/openapi.yaml", ask{})
	var document struct {
		Paths map[string]map[string]any
	}
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, methods := range document.Paths {
		for method := range methods {
			if method == "get" || method == "post" {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	listed(t, "the agent's", routes, agentRoutes)
	for route, asked := range agentRoutes {
		if asked {
			_, answer := n.socket(t, "agent.sock", strings.ReplaceAll(route, "{number}", "1"), ask{header: http.Header{"Content-Type": {"application/json"}}, body: bodyOf(route)})
			n.nothing(t, "the agent's "+route, answer)
		}
	}
}

func bodyOf(route string) []byte {
	if strings.HasPrefix(route, "GET ") {
		return nil
	}
	return []byte(`{"days":7}`)
}

package attack

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// acmeLog is a product of which a host reads the log below a directory.
const acmeLog = `release: 1
base: [{release: 1, from: 1}]
products:
  - name: acme
    modules: [example.com/acme]
logs:
  - {name: acme, product: acme, path: '%s/*.log', metric: acme.log}
metrics:
  - name: acme.log
    description: What it did.
    category: product_log
    programme: ceip
    level: enhanced
    type: log
    treatment: keep
    templates:
      - {id: indexed, text: "Indexed {documents} documents of {folder} for {user} in {took}"}
      - {id: begun, text: "The work has begun."}
    labels:
      - name: documents
        description: How many.
        treatment: bucket
        unit: "{document}"
        buckets: [10, 100]
      - name: took
        description: How long it took.
        treatment: bucket
        unit: us
        buckets: [1000, 1000000]
    page: true
    owner: telemetry@example.com
    purpose: To test.
    review: https://example.com/review
    since: 1
    expires: never
`

// ofLogs are what identifies in the lines of the busy log.
func ofLogs() (ids []identifier) {
	for class, texts := range map[string][]string{
		"user name": {"zoequibblewick", "hrothgarbeck"}, "person": {"Quibblewick", "Ermintrudis"},
		"host name": {"vaultsrv-0471.corp.quibblewick.example", "esx17-quib"}, "address": {"203.0.113.87", "2001:db8:77aa::4d1f", "02:5e:c1:7b:3d:90"},
		"e-mail": {"zoe.quibblewick@mail.example"}, "path": {"Lohnabrechnung Mai", "/srv/quibdata/plans.kdbx"}, "token": {"ghp_Xy7Qk2Lm9Pz4Rt6Wv8Nb3Jd5Fh1Gs0Ac2"},
		"password": {"tr0ub4dor-quib"}, "number": {"4539578763621486", "DE44500105175407324931"}, "id": {"7f3c9a52-88d1-4b6e-9f20-5d1c7e8a3b44"},
	} {
		for _, text := range texts {
			ids = append(ids, identifier{class: class, place: "a log", text: text})
		}
	}
	return ids
}

// logLines are what a careless product logs.
func logLines() []string {
	return []string{
		"The work has begun.",
		"2026-11-22T10:11:12Z INFO Indexed 42 documents of /srv/quibdata/plans.kdbx for zoequibblewick in 34ms",
		"2026-11-22T10:11:13Z INFO Indexed 77 documents of Lohnabrechnung Mai for hrothgarbeck in 12ms",
		`level=warn msg="connection refused" peer=203.0.113.87:4410 user=zoequibblewick`,
		"failed to open the file /home/zoequibblewick/Lohnabrechnung Mai/a.pdf: permission denied",
		`{"level":"error","msg":"login failed","user":"hrothgarbeck","password":"tr0ub4dor-quib","host":"esx17-quib"}`,
		"mail to zoe.quibblewick@mail.example could not be sent: timeout after 30 s",
		"backup of vaultsrv-0471.corp.quibblewick.example failed: Ermintrudis Quibblewick has no access",
		"GET https://zoequibblewick:tr0ub4dor-quib@vaultsrv-0471.corp.quibblewick.example/x?token=ghp_Xy7Qk2Lm9Pz4Rt6Wv8Nb3Jd5Fh1Gs0Ac2 401",
		"device 02:5e:c1:7b:3d:90 at [2001:db8:77aa::4d1f]:22 was removed from session 7f3c9a52-88d1-4b6e-9f20-5d1c7e8a3b44",
		"card 4539578763621486 and account DE44500105175407324931 were refused",
		"\tat example.com/acme/vault.(*Client).Open(/home/zoequibblewick/src/acme/client.go:117)",
	}
}

// busyLog is a log that is written to without end.
type busyLog struct {
	path  string
	quit  chan struct{}
	done  sync.WaitGroup
	mu    sync.Mutex
	turns int
}

// newBusyLog begins to write the lines again and again, and host in one of them.
func newBusyLog(t *testing.T, path, host string) *busyLog {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	b := &busyLog{path: path, quit: make(chan struct{})}
	text := strings.Join(append(logLines(), "listening on host "+host), "\n") + "\n"
	b.done.Go(func() {
		defer f.Close()
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			if _, err := f.WriteString(text); err != nil {
				return
			}
			b.mu.Lock()
			b.turns++
			b.mu.Unlock()
			select {
			case <-b.quit:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	t.Cleanup(b.stop)
	return b
}

// written returns how often the lines were written.
func (b *busyLog) written() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.turns
}

func (b *busyLog) stop() {
	b.mu.Lock()
	select {
	case <-b.quit:
	default:
		close(b.quit)
	}
	b.mu.Unlock()
	b.done.Wait()
}

// registryFile writes the registry of the product whose log lies in dir.
func registryFile(t *testing.T, file, dir string) string {
	t.Helper()
	if err := os.WriteFile(file, fmt.Appendf(nil, acmeLog, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

package registry

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// wordRegistry is one of the types whose values are words or scores.
func wordRegistry(t *testing.T) *Registry {
	t.Helper()
	text := string(overlayFile(t, filepath.Join("testdata", "overlay.yaml")).Data) + `
  - {name: fault, description: On., category: error_report, programme: ceip, level: standard, type: error,
     treatment: keep, values: ["*fs.PathError", other], overflow: other, rollups: [{facets: [os.type]}], page: true,
     owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
  - {name: line, description: On., category: product_log, programme: ceip, level: enhanced, type: log,
     treatment: keep, templates: [{id: begun, text: It has begun.}, {id: done, text: It is done.}], rollups: [{facets: [os.type]}],
     page: true, owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
  - {name: score, description: On., category: survey, programme: ceip, level: standard, type: survey,
     treatment: keep, max: 10, rollups: [{facets: [os.type]}], page: true,
     owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
  - {name: reason, description: On., category: survey, programme: ceip, level: standard, type: survey,
     treatment: keep, values: [slow, fast], rollups: [{facets: [os.type]}], page: true,
     owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
`
	r, err := Overlay(nil, File{Name: "words.yaml", Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCheckWords(t *testing.T) {
	number, text := schema.Number, schema.Text
	foreign := record("mail.sent", number(1))
	foreign.Product.Name = "tacit"
	cases := []checkCase{
		{"label listed", record("mail.sent", number(1), label("way", "menu")), nil, nil},
		{"label other", record("mail.sent", number(1), label("way", "other")), nil, nil},
		{"label not listed", record("mail.sent", number(1), label("way", secret)), nil, ErrNotListed},
		{"label far too long", record("mail.sent", number(1), label("way", strings.Repeat("x", 9000))), ErrTooLong, ErrTooLong},
		{"label of bytes", record("mail.sent", number(1), label("way", "\xff")), ErrNotUTF8, ErrNotListed},
		{"error listed", record("fault", text("*fs.PathError")), nil, nil},
		{"error not listed", record("fault", text(secret)), nil, ErrNotListed},
		{"no overflow", record("mail.edition", text(secret)), ErrNotListed, ErrNotListed},
		{"log", record("line", text("begun")), nil, nil},
		{"log by its text", record("line", text("It has begun.")), ErrNotListed, ErrNotListed},
		{"log as number", record("line", number(0)), ErrWrongType, ErrWrongType},
		{"score", record("score", number(0)), nil, nil},
		{"best score", record("score", number(10)), nil, nil},
		{"score above", record("score", number(11)), ErrOutOfRange, ErrOutOfRange},
		{"score as text", record("score", text("10")), ErrWrongType, ErrWrongType},
		{"reason", record("reason", text("slow")), nil, nil},
		{"reason in free text", record("reason", text(secret)), ErrNotListed, ErrNotListed},
		{"reason as number", record("reason", number(1)), ErrWrongType, ErrWrongType},
	}
	for i := range cases {
		cases[i].rec.Product.Name = "mail"
	}
	cases = append(cases, checkCase{"of another product", foreign, ErrOtherProduct, ErrOtherProduct})
	checkRecords(t, wordRegistry(t), cases)
}

// TestCheckWordFragments: what has an overflow on the host is refused by a
// store, since the host ought to have put it there.
func TestCheckWordFragments(t *testing.T) {
	r := wordRegistry(t)
	sums := make([]uint64, 11)
	sums[0], sums[7] = 1, 2
	for _, c := range []struct {
		name string
		m    codec.Measure
		want error
	}{
		{"error", codec.Measure{Metric: "fault", Labels: pairs("value", "*fs.PathError"), Count: 1}, nil},
		{"error not listed", codec.Measure{Metric: "fault", Labels: pairs("value", secret), Count: 1}, ErrNotListed},
		{"log", codec.Measure{Metric: "line", Labels: pairs("value", "done"), Count: 1}, nil},
		{"log without its template", codec.Measure{Metric: "line", Count: 1}, ErrWrongType},
		{"reason", codec.Measure{Metric: "reason", Labels: pairs("value", "slow"), Count: 1}, nil},
		{"scores", codec.Measure{Metric: "score", Count: 3, Sum: 14, Buckets: sums}, nil},
		{"scores above the max", codec.Measure{Metric: "score", Count: 3, Sum: 31, Buckets: sums}, ErrBadCount},
		{"a bucket too many", codec.Measure{Metric: "score", Count: 3, Sum: 14, Buckets: append(sums, 0)}, ErrBadCount},
		{"a flood", codec.Measure{Metric: "score", Count: math.MaxUint64, Buckets: sums}, ErrBadCount},
	} {
		f := codec.Fragment{Release: r.Release, Facets: pairs("os.type", "linux"), Values: []codec.Measure{c.m}}
		wantRefusal(t, c.name, r.CheckFragment(&f), c.want)
	}
}

func TestFit(t *testing.T) {
	r := wordRegistry(t)
	fault, _ := r.Metric("fault")
	sent, _ := r.Metric("mail.sent")
	edition, _ := r.Metric("mail.edition")
	for _, c := range []struct {
		fit      func(string) string
		in, want string
	}{
		{fault.Fit, "*fs.PathError", "*fs.PathError"},
		{fault.Fit, "other", "other"},
		{fault.Fit, secret, "other"},
		{sent.Labels[0].Fit, "menu", "menu"},
		{sent.Labels[0].Fit, "", "other"},
		{edition.Fit, secret, secret},
	} {
		if got := c.fit(c.in); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

// TestKeepsAll: a record is taken as it is only when nothing is put in place
// of anything.
func TestKeepsAll(t *testing.T) {
	r := wordRegistry(t)
	for _, c := range []struct {
		rec  schema.Record
		want bool
	}{
		{record("mail.edition", schema.Text("paid")), true},
		{record("mail.sent", schema.Number(1)), true},
		{record("mail.sent", schema.Number(1), label("way", "menu")), true},
		{record("mail.sent", schema.Number(1), label("way", secret)), false},
		{record("fault", schema.Text("*fs.PathError")), true},
		{record("fault", schema.Text(secret)), false},
		{record("host.memory", schema.Number(1)), false},
		{record("exception", schema.Text("x")), false},
	} {
		m, ok := r.Metric(c.rec.Metric)
		if got := m.KeepsAll(&c.rec); !ok || got != c.want {
			t.Errorf("%s: %v, want %v", c.rec.Metric, got, c.want)
		}
	}
}

func TestScoreBuckets(t *testing.T) {
	score, _ := wordRegistry(t).Metric("score")
	if got := strings.Join(score.BucketNames(), " "); got != "0 1 2 3 4 5 6 7 8 9 10" {
		t.Errorf("buckets %s", got)
	}
	for n := range int64(11) {
		if got := score.BucketIndex(n); got != int(n) {
			t.Errorf("score %d is in bucket %d", n, got)
		}
	}
	if reason, _ := wordRegistry(t).Metric("reason"); len(reason.Buckets)+len(reason.BucketNames()) > 0 {
		t.Errorf("a reason has buckets %v", reason.Buckets)
	}
}

// TestOverflowDoesNotAllocate: what is listed costs nothing but the look.
func TestOverflowDoesNotAllocate(t *testing.T) {
	r := wordRegistry(t)
	rec := record("mail.sent", schema.Number(1), label("way", "menu"))
	rec.Product.Name = "mail"
	m, _ := r.Metric(rec.Metric)
	if n := testing.AllocsPerRun(100, func() { _ = r.CheckOffered(&rec) == nil && m.KeepsAll(&rec) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNeverMapped(t *testing.T) {
	for name, want := range map[string]bool{
		"host.name": true, "HOST.NAME": true, "host.id": true, "host.ip": true, "host.mac": true, "host.type": false, "host.arch": false,
		"enduser.id": true, "enduser": true, "user.email": true, "user": true, "user_agent.original": true, "userland": false,
		"client.address": true, "server.address": true, "server.port": false, "network.peer.address": true, "network.protocol.name": false,
		"process.command": true, "process.command_args": true, "process.command_line": true, "process.executable.path": true,
		"process.owner": true, "process.runtime.name": false, "url.full": true, "url.path": true, "url.query": true, "url.scheme": false,
		"http.url": true, "http.route": false, "http.request.method": false, "http.request.header.cookie": true,
		"db.statement": true, "db.query.text": true, "db.system.name": false, "exception.message": true, "exception.stacktrace": true,
		"exception.type": false, "service.instance.id": true, "service.version": false, "device.id": true, "device.model.name": false,
		"session.id": true, "": false,
	} {
		if got := NeverMapped(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

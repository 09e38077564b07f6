package registry

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// secret stands for a value that nobody may see again.
const secret = "ann-smith-4711"

// testRegistry has what the base registry has no metric for.
const testRegistry = `
release: 1
products: [{name: acme, modules: [example.com/acme]}]
programmes: [{name: ceip, default: on, purpose: To test.}]
metrics:
  - {name: beta, description: On., category: configuration, programme: ceip, level: standard, type: flag,
     treatment: keep, page: true, owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
  - {name: account, description: Whose., category: configuration, programme: ceip, level: standard, type: state,
     treatment: hash, page: true, owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never,
     labels: [{name: raw, description: Dropped., treatment: drop}]}
  - {name: kind, description: Which., category: configuration, programme: ceip, level: standard, type: state,
     treatment: keep, values: [a, b], rollups: [{facets: [kind]}], page: false,
     owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
`

func record(metric string, v schema.Value, labels ...schema.Label) schema.Record {
	return schema.Record{
		Time: 1_760_000_000, Product: schema.Product{Name: "tacit", Version: "1.2.3"},
		Metric: metric, Value: v, Labels: labels,
	}
}

// counted returns the record of n such events.
func counted(r schema.Record, n uint32) schema.Record {
	r.Count = n
	return r
}

func label(name, value string) schema.Label { return schema.Label{Name: name, Value: value} }

type checkCase struct {
	name    string
	rec     schema.Record
	offered error
	treated error
}

func TestCheckRecord(t *testing.T) {
	number, text := schema.Number, schema.Text
	unversioned := record("os.type", text("linux"))
	unversioned.Product.Version = secret
	stranger := record("os.type", text("linux"))
	stranger.Product.Name = secret
	both := record("os.type", text("linux"))
	both.Value.Number = 7
	hidden := record("host.cpu.cores", number(8))
	hidden.Value.Text = secret

	checkRecords(t, Base(), []checkCase{
		{"state", record("os.type", text("linux")), nil, nil},
		{"state not listed", record("os.type", text(secret)), ErrNotListed, ErrNotListed},
		{"state as number", record("os.type", number(1)), ErrWrongType, ErrWrongType},
		{"state with number", both, ErrWrongType, ErrWrongType},
		{"no value", record("os.type", schema.Value{}), ErrWrongType, ErrWrongType},
		{"format", record("os.version", text("13.1")), nil, nil},
		{"wrong format", record("os.version", text(secret)), ErrWrongFormat, ErrWrongFormat},
		{"unknown product", stranger, ErrUnknownProduct, ErrUnknownProduct},
		{"bad version", unversioned, ErrWrongFormat, ErrWrongFormat},
		{"unknown metric", record(secret, text("linux")), ErrUnknownMetric, ErrUnknownMetric},
		{"quantity", record("host.cpu.cores", number(4096)), nil, nil},
		{"quantity above max", record("host.cpu.cores", number(4097)), ErrOutOfRange, ErrOutOfRange},
		{"quantity below zero", record("host.cpu.cores", number(-1)), ErrOutOfRange, ErrOutOfRange},
		{"quantity as text", record("host.cpu.cores", text("8")), ErrWrongType, ErrWrongType},
		{"quantity with text", hidden, ErrWrongType, ErrWrongType},
		{"bucket before", record("host.memory", number(1<<34)), nil, ErrNotTreated},
		{"bucket after", record("host.memory", text("16–32 GiB")), ErrWrongType, nil},
		{"bucket of another", record("host.memory", text("16–17 GiB")), ErrWrongType, ErrNotTreated},
		{"counter", record("tacit.command.used", number(1), label("command", "up")), nil, nil},
		{"label not listed", record("tacit.command.used", number(1), label("command", secret)), ErrNotListed, ErrNotListed},
		{"unknown label", record("tacit.command.used", number(1), label(secret, "up")), ErrUnknownLabel, ErrUnknownLabel},
		{"label twice", record("tacit.command.used", number(1), label("command", "up"), label("command", "id")), ErrLabelOrder, ErrLabelOrder},
		{"labels unsorted", record("exception", text("x"), label("frames", "main.main main.go:7"), label("exception.message", "y")), ErrLabelOrder, ErrLabelOrder},
		{"duration", record("tacit.operation.duration", number(340_000), label("operation", "spool")), nil, nil},
		{"duration of many", counted(record("tacit.operation.duration", number(340_000)), schema.MaxCount), nil, nil},
		{"duration of too many", counted(record("tacit.operation.duration", number(1)), schema.MaxCount+1), ErrBadCount, ErrBadCount},
		{"counter of two", counted(record("tacit.command.used", number(1)), 2), ErrBadCount, ErrBadCount},
		{"counter of one", counted(record("tacit.command.used", number(1)), 1), nil, nil},
		{"state of two", counted(record("os.type", text("linux")), 2), ErrBadCount, ErrBadCount},
		{"duration of years", record("tacit.operation.duration", number(math.MaxInt64)), ErrOutOfRange, ErrOutOfRange},
		{"error with frames", record("tacit.error", text("panic"), label("frames", "github.com/tacit-telemetry/tacit/agent.New agent.go:7")), nil, nil},
		{"error with foreign frames", record("tacit.error", text("panic"), label("frames", "example.com/ann.F f.go:7")), ErrForeignFrame, ErrForeignFrame},
		{"scrub", record("exception", text("*fs.PathError"), label("exception.message", "open <path>: denied")), nil, nil},
		{"scrub of 5000 bytes", record("exception", text(strings.Repeat("x", 5000))), nil, ErrTooLong},
		{"scrub of 9000 bytes", record("exception", text(strings.Repeat("x", 9000))), ErrTooLong, ErrTooLong},
		{"scrub of bytes", record("exception", text("\xff")), ErrNotUTF8, ErrNotUTF8},
	})
}

func TestCheckTreatments(t *testing.T) {
	r, err := Parse("test.yaml", []byte(testRegistry))
	if err != nil {
		t.Fatal(err)
	}
	hashed := strings.Repeat("0f", 16)
	cases := []checkCase{
		{"flag", record("beta", schema.Number(1)), nil, nil},
		{"flag of 2", record("beta", schema.Number(2)), ErrOutOfRange, ErrOutOfRange},
		{"hash before", record("account", schema.Text(secret)), nil, ErrNotTreated},
		{"hash after", record("account", schema.Text(hashed)), nil, nil},
		{"hash upper case", record("account", schema.Text(strings.ToUpper(hashed))), nil, ErrNotTreated},
		{"hash cut", record("account", schema.Text(hashed[1:])), nil, ErrNotTreated},
		{"dropped label", record("account", schema.Text(hashed), label("raw", "\xff"+secret)), nil, ErrNotTreated},
		{"not for pages", record("kind", schema.Text("a")), nil, ErrNotOnPage},
	}
	for i := range cases {
		cases[i].rec.Product.Name = "acme"
	}
	checkRecords(t, r, cases)
}

func checkRecords(t *testing.T, r *Registry, cases []checkCase) {
	t.Helper()
	for _, c := range cases {
		wantRefusal(t, c.name+", offered", r.CheckOffered(&c.rec), c.offered)
		wantRefusal(t, c.name+", treated", r.CheckTreated(&c.rec), c.treated)
	}
}

func wantRefusal(t *testing.T, name string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("%s: the refusal repeats what was offered: %v", name, err)
	}
	if err != nil && Reason(err) == "other" {
		t.Errorf("%s: %v has no reason", name, err)
	}
}

func TestReason(t *testing.T) {
	if got := Reason(nil); got != "" {
		t.Errorf("reason of nothing is %q", got)
	}
	if got := Reason(errors.New(secret)); got != "other" {
		t.Errorf("reason of a stranger is %q", got)
	}
	if got := Reason(fmt.Errorf("check: %w", ErrNotListed)); got != "not_listed" {
		t.Errorf("reason is %q", got)
	}
}

// The check runs on every record that a product hands in.
func TestCheckDoesNotAllocate(t *testing.T) {
	rec := record("tacit.command.used", schema.Number(1), label("command", "up"))
	if n := testing.AllocsPerRun(100, func() { _ = Base().CheckOffered(&rec) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

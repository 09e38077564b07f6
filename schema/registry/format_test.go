package registry

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		format Format
		good   string // one a line
		bad    string
	}{
		{
			FormatVersion,
			"1\n1.2\nv1.2.3\n10.0.26100.4349\n1.2.3.4\n5.1.0.212\n10.0.2.1\n120.0.6099.129\n1.2.3-4\n1.2.3-rc.1\n1.2.3-rc1\n2.0.0-beta.2+dirty\ndevel\nunknown\n1.4.0-SNAPSHOT\n" +
				"v0.0.0-20261121183000-871dd1c0abcd\nv0.0.0-20261121183000-871dd1c0abcd+dirty\n" +
				"v1.2.4-0.20261121183000-871dd1c0abcd\nv1.2.3-rc.1.0.20261121183000-871dd1c0abcd\nv1.2.3-14-g871dd1c\nv2.0.0+incompatible",
			"\nv\n1.\n.1\n1..2\n1.2.3.4.5\n1.2.3-\n1.2.3-ann\n1.2.3-rc..1\n1.2.3+ann\n1.2.3 \n1.2.3-acme.1\n1234567\n" +
				"1.2.3-001122334455\n1.2.3-20261121183000\n1.2.3-g871dd1c\n1.2.3-14-g871dd1cXY\n1.2.3-rc1234567\n(devel)\n" +
				"1.0.0-1.1.1.1.1.1.1\n1.2.3-99991121183000-871dd1c0abcd\n" +
				"10.158.144.128\n192.168.1.20\nv172.16.0.5\n84.152.33.7-rc.1\n127.0.0.1\n" + strings.Repeat("1.", 40) + "1",
		},
		{
			FormatOSVersion,
			"13\n24.04\n20261121\n10.0.26100.4349\n6.1.0\nrolling\nunknown",
			"\n.\n1.\n.1\n1..2\n13 trixie\n6.1.0-amd64\n1.2.3.4.5.6.7.8.9\n12345678901234567\n1,2\n٣\n10.158.144.128\n192.168.1.2\n408177321",
		},
		{
			FormatCountry,
			"AD\nDE\nNO\nZW\nunknown",
			"\nde\nXX\nDEU\nD\nA D\nDA\nUnknown\nZZ\nAA",
		},
	} {
		for s := range strings.SplitSeq(c.good, "\n") {
			if err := c.format.match(s, nil); err != nil {
				t.Errorf("%s refuses %q: %v", c.format, s, err)
			}
		}
		for s := range strings.SplitSeq(c.bad, "\n") {
			if err := c.format.match(s, nil); !errors.Is(err, ErrWrongFormat) {
				t.Errorf("%s takes %q: %v", c.format, s, err)
			}
		}
	}
}

func TestFrames(t *testing.T) {
	tacit, _ := Base().Product("tacit")
	const mine = "github.com/tacit-telemetry/tacit"
	for _, c := range []struct {
		frames string
		want   error
	}{
		{mine + "/agent.(*Agent).Run.func1 agent.go:123", nil},
		{mine + ".Main main.go:1", nil},
		{mine + "/agent/spool.openAll[...] open.go:88", nil},
		{mine + "/agent.(*queue[...]).push queue.go:5", nil},
		{mine + "/agent.(*Agent).Stop-fm agent.go:9", nil},
		{mine + "/agent.each.func1-range2 agent.go:9", nil},
		{mine + "/gopkg%2ein.F x.go:1", nil},
		{mine + "/store.glob..func1 store.go:9", nil},
		{"main.main main.go:7\nruntime.main proc.go:283\nruntime.goexit asm_amd64.s:1700", nil},
		{"net/http.(*conn).serve server.go:2000", nil},
		{"vendor/golang.org/x/net/http2/hpack.(*Decoder).Write hpack.go:1", nil},
		{strings.TrimSuffix(strings.Repeat("main.f f.go:1\n", 32), "\n"), nil},

		{"github.com/dgraph-io/badger/v4.Open db.go:1", ErrForeignFrame},
		{mine + "evil.F x.go:1", ErrForeignFrame},
		{mine + "%2eevil.F x.go:1", ErrForeignFrame},
		{"customer/secret.F x.go:1", ErrForeignFrame},
		{"nethack.F x.go:1", ErrForeignFrame},
		{"vendor/example.com/x.F x.go:1", ErrForeignFrame},
		{strings.TrimSuffix(strings.Repeat("main.f f.go:1\n", 33), "\n"), ErrTooLong},
		{strings.Repeat("x", 5000), ErrTooLong},

		{"", ErrWrongFormat},
		{"main.main main.go:7\n", ErrWrongFormat},
		{"main.main", ErrWrongFormat},
		{"main.main /home/ann/main.go:7", ErrWrongFormat},
		{`main.main C:\ann\main.go:7`, ErrWrongFormat},
		{"main.main main.go", ErrWrongFormat},
		{"main.main main.go:-7", ErrWrongFormat},
		{"main.main main.go:7 +0x1d", ErrWrongFormat},
		{"main.main .go:7", ErrWrongFormat},
		{"main.main main.py:7", ErrWrongFormat},
		{"main.main(0xc000, {0x1, 0x2}) main.go:7", ErrWrongFormat},
		{`main.f("ann") main.go:7`, ErrWrongFormat},
		{"main. main.go:7", ErrWrongFormat},
		{".main main.go:7", ErrWrongFormat},
		{"/main.F main.go:7", ErrWrongFormat},
		{"main.größe main.go:7", ErrWrongFormat},
		{"main.(*T main.go:7", ErrWrongFormat},
		{"panic: ann's disk is full", ErrWrongFormat},
		{"main." + strings.Repeat("f", maxFunctionLen) + " main.go:7", ErrWrongFormat},
	} {
		if err := FormatFrames.match(c.frames, tacit); !errors.Is(err, c.want) {
			t.Errorf("frames %.80q: %v, want %v", c.frames, err, c.want)
		}
	}
}

// The list of the standard library's packages is by hand; the toolchain knows.
func TestStandardRoots(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if !new(Product).owns(path) {
			t.Errorf("package %s of the standard library is not in standardRoots", path)
		}
	}
}

package natsguard

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
)

// script is a connection from which a text can be read.
type script struct {
	net.Conn
	io.Reader
}

func (s script) Read(b []byte) (int, error) { return s.Reader.Read(b) }

const greeting = "INFO {\"max_payload\":1048576}\r\n+OK\r\nPING\r\n"

var scripts = map[string]struct {
	text string
	good bool
}{
	"nothing":              {"", true},
	"messages":             {greeting + "MSG a.b 1 5\r\nhello\r\nMSG a.b 1 _INBOX.x 0\r\n\r\nhmsg a 1 4 6\r\nNATSxx\r\nPONG\r\n", true},
	"lines in a message":   {greeting + "MSG a 1 29\r\nMSG a 1 9223372036854775807\r\n\r\nPING\r\n", true},
	"largest":              {greeting + fmt.Sprintf("MSG a 1 %d\r\n%s\r\n", maxMessage, strings.Repeat("x", maxMessage)), true},
	"tabs":                 {"MSG\ta\t1\t2\r\nxx\r\n", true},
	"more after a message": {"MSG a 1 1\r\nx MSG a 1 9223372036854775807\r\nPING\r\n", false},
	"half an end":          {"MSG a 1 1\r\nx\nMSG a 1 50\r\nMSG a 1 9223372036854775807\r\n", false},
	"too large":            {greeting + fmt.Sprintf("MSG a 1 %d\r\n", maxMessage+1), false},
	"no memory":            {greeting + "MSG a 1 1000000000000\r\nx", false},
	"greatest number":      {greeting + "MSG a 1 9223372036854775807\r\nx", false},
	"beyond":               {"MSG a 1 99999999999999999999999\r\n", false},
	"negative":             {"MSG a 1 -1\r\n", false},
	"with headers":         {"HMSG a 1 12 9223372036854775807\r\n", false},
	"small letters":        {"msg a 1 9223372036854775807\r\n", false},
	"no length":            {"MSG\r\n", false},
	"two ends":             {"MSG a 1 9223372036854775807\r1\r\n", false},
	"second, after a good": {"MSG a 1 1\r\nx\r\nMSG a 1 9223372036854775807\r\n", false},
	"endless":              {"INFO " + strings.Repeat("x", maxLine), false},
}

// TestGuard reads each script as a whole and byte by byte.
func TestGuard(t *testing.T) {
	for name, c := range scripts {
		for how, r := range map[string]io.Reader{
			"whole": strings.NewReader(c.text), "byte by byte": iotest.OneByteReader(strings.NewReader(c.text)),
			"with the end": iotest.DataErrReader(strings.NewReader(c.text)),
		} {
			g := New(script{Reader: r})
			got, err := io.ReadAll(g)
			if c.good && (err != nil || string(got) != c.text) {
				t.Errorf("%s, %s: %d of %d bytes, %v", name, how, len(got), len(c.text), err)
			}
			if _, again := g.Read(make([]byte, 1)); !c.good && (!errors.Is(err, ErrProtocol) || !errors.Is(again, ErrProtocol)) {
				t.Errorf("%s, %s: %v, and then %v", name, how, err, again)
			}
		}
	}
}

// FuzzGuard: however the bytes come, the verdict is the same, and what passes
// is unchanged.
func FuzzGuard(f *testing.F) {
	for _, c := range scripts {
		if len(c.text) < 1<<10 {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, err := io.ReadAll(New(script{Reader: strings.NewReader(text)}))
		_, slow := io.ReadAll(New(script{Reader: iotest.OneByteReader(strings.NewReader(text))}))
		if !errors.Is(slow, err) || err == nil && string(whole) != text {
			t.Errorf("%v, and byte by byte %v", err, slow)
		}
	})
}

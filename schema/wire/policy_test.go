package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

func policy() Policy {
	return Policy{
		Revision: 1795000000, Since: time.Unix(1795000000, 0).UTC(), Decided: true,
		CEIP: SwitchOff, CSP: SwitchOn, Level: schema.Enhanced, Release: 3,
	}
}

func TestPolicy(t *testing.T) {
	held := Policy{Level: schema.Standard}
	for _, p := range []Policy{policy(), held} {
		if got, err := ParsePolicy(p.Marshal()); err != nil || got != p {
			t.Errorf("%+v came back as %+v: %v", p, got, err)
		}
	}
	const want = "01" + "000000006afd86c0" + "000000006afd86c0" + "01" + "02" + "01" + "01" + "00000003"
	if got := hex.EncodeToString(policy().Marshal()); got != want {
		t.Errorf("the layout changed: %s, want %s", got, want)
	}
	if p := policy(); p.Programme(schema.CEIP) != SwitchOff || p.Programme(schema.CSP) != SwitchOn || p.Programme("x") != Held {
		t.Error("a programme has another's switch")
	}
}

func TestPolicyRefused(t *testing.T) {
	good := policy().Marshal()
	with := func(i int, v byte) []byte {
		b := bytes.Clone(good)
		b[i] = v
		return b
	}
	for name, b := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "one more": append(bytes.Clone(good), 0), "version": with(0, 2),
		"a year that JSON cannot write": with(9, 1), "decided": with(17, 2), "ceip": with(18, 3), "csp": with(19, 3), "level": with(20, 2),
	} {
		if _, err := ParsePolicy(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want wrong form", name, err)
		}
	}
}

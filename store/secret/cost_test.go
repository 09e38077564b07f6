package secret

import (
	"os"
	"testing"
)

// TestMain makes derivations cheap, but for TestUsualCost's.
func TestMain(m *testing.M) {
	usualCost = cost{memory: 8 << 10, passes: 1, threads: 1}
	os.Exit(m.Run())
}

// TestUsualCost says what a guesser pays for one guess.
func TestUsualCost(t *testing.T) {
	want := cost{memory: 64 << 10, passes: 3, threads: 1}
	if usedCost != want || !want.sound() {
		t.Errorf("cost %+v, want %+v", usedCost, want)
	}
}

// usedCost is usualCost before TestMain.
var usedCost = usualCost

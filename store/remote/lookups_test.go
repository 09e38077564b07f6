package remote

import (
	"testing"
	"time"
)

// TestTakenOnce: a question of a lookup is taken once, one at a time, in order, and
// of nobody else.
func TestTakenOnce(t *testing.T) {
	l := lookups{now: time.Now, by: map[word]*running{}}
	w := l.begin("ada", 1)
	take := func(by string, number uint32) *running {
		return l.take(&question{word: w, engineer: by, number: number})
	}
	if take("mia", 1) != nil {
		t.Error("another's is taken")
	}
	r := take("ada", 3)
	if r == nil || take("ada", 4) != nil {
		t.Error("the first is not taken, or another while it is answered")
	}
	l.asked(r)
	for _, number := range []uint32{0, 2, 3} {
		if take("ada", number) != nil {
			t.Errorf("number %d is taken after number 3", number)
		}
	}
	if take("ada", 4) == nil {
		t.Error("the next is not taken")
	}
	l.asked(r)
	l.drop(w)
	if take("ada", 5) != nil {
		t.Error("one is taken after the end")
	}
}

// TestMostLookups: so many run at once, whoever began them.
func TestMostLookups(t *testing.T) {
	l := lookups{now: time.Now, by: map[word]*running{}}
	l.turn()
	for range maxLookups {
		l.begin("ada", 1)
	}
	if why, taken := l.first(&question{word: l.word, engineer: "mia"}); taken || why.status != busy {
		t.Errorf("one more than %d is begun: status %d", maxLookups, why.status)
	}
}

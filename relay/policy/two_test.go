package policy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// noteVariable makes the test binary the command beside a running relay: it
// writes notes into the policy whose directory and witness it names.
const noteVariable = "TACIT_TEST_NOTE"

const notesOfProcess = 20

func TestMain(m *testing.M) {
	if dir, witness, ok := strings.Cut(os.Getenv(noteVariable), "|"); ok {
		if err := noteFrom(dir, witness); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func noteFrom(dir, witness string) error {
	p, err := Open(Config{Dir: dir, Witness: witness})
	for i := 0; i < notesOfProcess && err == nil; i++ {
		err = p.Note(context.Background(), "access restored", fmt.Sprint("process-", i))
	}
	return err
}

// TestTwoProcesses lets a relay save while another process writes notes.
func TestTwoProcesses(t *testing.T) {
	s := newSite(t)
	p := s.open()
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), noteVariable+"="+s.c.Dir+"|"+s.c.Witness)
	var out strings.Builder
	other.Stdout = &out
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	const saves = 10
	for i := range saves {
		s.save(p, []Settings{on, off}[i%2])
	}
	if err := other.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	s.whole(p, off)
	again := s.open()
	s.whole(again, off)
	history, err := again.History(t.Context())
	if err != nil || len(history) != 1+saves+notesOfProcess {
		t.Errorf("%d entries, %v", len(history), err)
	}
}

// TestManyAdministrators lets several save at once over what they saw; each
// that is told of a conflict decides again.
func TestManyAdministrators(t *testing.T) {
	s := newSite(t)
	shared := s.open()
	const each = 8
	var wg sync.WaitGroup
	conflicts := make([]int, 4)
	for i := range conflicts {
		p := shared
		if i >= 2 {
			p = s.open() // as if it were another process
		}
		wg.Go(func() {
			seen := p.State().Policy.Revision
			for done := 0; done < each; {
				now, err := p.Save(t.Context(), fmt.Sprint("admin-", i), seen, off, 3)
				conflict, ok := errors.AsType[*ConflictError](err)
				switch {
				case err == nil:
					seen, done = now.Policy.Revision, done+1
				case ok:
					seen, conflicts[i] = conflict.Now.Policy.Revision, conflicts[i]+1
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	p := s.open()
	s.whole(p, off)
	history, err := p.History(t.Context())
	if err != nil || len(history) != 1+each*len(conflicts) {
		t.Errorf("%d entries, %v", len(history), err)
	}
	for i := 1; i < len(history); i++ {
		if history[i].Revision <= history[i-1].Revision {
			t.Errorf("revision %d after %d", history[i].Revision, history[i-1].Revision)
		}
	}
}

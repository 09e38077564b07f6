package upkeep

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/store/home"
)

// running serves the tasks of a house on a real socket, as a store does, until
// the test or life ends.
func running(t *testing.T, life context.Context, h *house) home.Home {
	t.Helper()
	run, err := os.MkdirTemp("", "t") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	lock, err := datadir.TakeLock(h.dir, home.Name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := datadir.Listen(run, home.Name, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	mux := new(routes.Mux)
	h.up.Register(life, mux)
	s := &http.Server{Handler: l.Handler(mux), WriteTimeout: time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close() // closed once
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	})
	return home.Home{Dir: h.dir, KeysDir: h.keys, RunDir: run}
}

// TestTasksOfARunningStore orders every task over the socket, and compares with
// what the store says itself.
func TestTasksOfARunningStore(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 30)
	s, err := Open(t.Context(), running(t, t.Context(), h))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok := s.Tasks.(*Socket); !ok {
		t.Fatalf("a %T is asked", s.Tasks)
	}
	var steps atomic.Int64
	report, err := s.Verify(t.Context(), func(Step) { steps.Add(1) })
	if err != nil || !report.Sound || report.Rows != 62 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	b, err := WriteBackup(t.Context(), s, path, func(Step) { steps.Add(1) })
	if err != nil || b.Rows != 62 {
		t.Errorf("backup: %+v, %v", b, err)
	}
	if got, err := CheckBackup(t.Context(), path, h.box, nil); err != nil || got.Digest != b.Digest {
		t.Errorf("check: %+v, %v", got, err)
	}
	got, err := s.Recall(t.Context(), Recall{Release: oldBuild.Release, From: h.today - 100, To: h.today}, nil)
	if err != nil || got.Pages != 15 || h.count(30) != 15 {
		t.Errorf("recall: %+v, %v; %d are left", got, err, h.count(30))
	}
	if _, err := s.Recall(t.Context(), Recall{From: 1, To: 2}, nil); !errors.Is(err, ErrRecall) {
		t.Errorf("a recall without a build: %v", err)
	}
	if steps.Load() == 0 {
		t.Error("no step was told")
	}
}

// TestTaskEndsWithTheStore: a caller is told, and gets no half of a backup for
// a whole one.
func TestTaskEndsWithTheStore(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 30)
	life, stop := context.WithCancel(t.Context())
	s, err := Open(t.Context(), running(t, life, h))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stop()
	dir := t.TempDir()
	if _, err := WriteBackup(t.Context(), s, filepath.Join(dir, "backup"), nil); !errors.Is(err, ErrStopped) {
		t.Errorf("a backup of a store that stops: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestOneTaskAtATime: the second one waits, says so, and goes when its caller
// goes.
func TestOneTaskAtATime(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 3)
	done, err := h.up.take(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = h.up.Verify(ctx, func(s Step) {
		if !strings.HasPrefix(s.Act, "wait") {
			t.Errorf("it does %q", s.Act)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	done()
	if _, err := h.up.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestOpenDirectly(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 6)
	h.close()
	a := home.Home{Dir: h.dir, KeysDir: h.keys, RunDir: t.TempDir()}
	s, err := Open(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Verify(t.Context(), nil); err != nil || r.Rows != 14 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	a.Dir = filepath.Join(t.TempDir(), "none")
	if _, err := Open(t.Context(), a); !errors.Is(err, home.ErrNoStore) {
		t.Errorf("no store: %v", err)
	}
}

// TestAnswerCutOff: an answer that ends before its result, wherever, is none.
func TestAnswerCutOff(t *testing.T) {
	var good bytes.Buffer
	if err := errors.Join(writeJSON(&good, partStep, Step{Act: "verify"}), writeJSON(&good, partResult, Report{Sound: true})); err != nil {
		t.Fatal(err)
	}
	for n := range good.Len() {
		if err := readAnswer(bytes.NewReader(good.Bytes()[:n]), nil, nil, &Report{}); err == nil {
			t.Errorf("%d of %d bytes are taken for all", n, good.Len())
		}
	}
	var r Report
	if err := readAnswer(&good, nil, nil, &r); err != nil || !r.Sound {
		t.Errorf("all of it: %+v, %v", r, err)
	}
}

// FuzzAnswer gives a caller any answer: it ends with an error or a result, and
// takes bounded memory.
func FuzzAnswer(f *testing.F) {
	var good bytes.Buffer
	for _, part := range []struct {
		kind byte
		text string
	}{{partStep, `{"act":"verify","done":1,"total":2}`}, {partData, "bytes"}, {partResult, `{"sound":true}`}} {
		if err := writePart(&good, part.kind, []byte(part.text)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(good.Bytes())
	f.Add([]byte{partError, 0, 0, 0, 2, '{', '}'})
	f.Add([]byte{partStep, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		var r Report
		err := readAnswer(bytes.NewReader(b), &out, func(Step) {}, &r)
		if out.Len() > len(b) {
			t.Errorf("%d bytes of %d", out.Len(), len(b))
		}
		if len(b) < partHeadLen && err == nil {
			t.Error("an answer without a part is a result")
		}
	})
}

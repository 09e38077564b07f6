package remote

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/pages"
)

var update = flag.Bool("update", false, "write the frozen vectors instead of comparing with them")

// The frozen vectors of questions and answers. The second implementation reads them
// as well: integration/python/vectors.py.
const (
	questionsFile = "../../integration/vectors/look.json"
	answersFile   = "../../integration/vectors/lookanswer.json"
)

type frozenQuestion struct {
	Seed     string `json:"seed"` // of the engineer's key
	Nonce    string `json:"nonce"`
	What     uint8  `json:"what"`
	Word     string `json:"word"`
	Number   uint32 `json:"number"`
	Engineer string `json:"engineer"`
	Body     string `json:"body"`
	Payload  string `json:"payload"`
}

type frozenAnswer struct {
	ReplyKey string `json:"reply_key"`
	Status   uint8  `json:"status"`
	Data     string `json:"data"`
	Bytes    string `json:"bytes"`
}

// frozen reads a file, or writes it first.
func frozen[V any](t *testing.T, path, about string, made []V) []V {
	t.Helper()
	var f struct {
		About   string `json:"about"`
		Vectors []V    `json:"vectors"`
	}
	if *update {
		f.About, f.Vectors = about, made
		b, err := json.MarshalIndent(f, "", " ")
		if err == nil {
			err = os.WriteFile(path, append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil || len(f.Vectors) != len(made) {
		t.Fatalf("%d vectors of %d: %v; go test ./store/remote -update writes them", len(f.Vectors), len(made), err)
	}
	return f.Vectors
}

func bits(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFrozenQuestions: a question is what it was, byte for byte, and is read as it
// was.
func TestFrozenQuestions(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	nonce, w := schema.BatchID(bytes.Repeat([]byte{0xc0}, 16)), word(bytes.Repeat([]byte{0xab}, 16))
	var made []frozenQuestion
	for i, body := range [][]byte{
		beginBody("T-1", "search is slow"), bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{4}, 80),
		pagesBody(place{1, 70_000}, []pages.Ask{{Day: 20779, Tag: [16]byte{1}}, {Day: 20780, Tag: [16]byte{2}}}), {0, 8, 0, 0}, endBody(audit.Partly),
	} {
		q := question{nonce: nonce, what: what(i + 1), word: w, number: uint32(i), engineer: "ada.b", body: body}
		made = append(made, frozenQuestion{
			Seed: hex.EncodeToString(key.Seed()), Nonce: hex.EncodeToString(nonce[:]), What: uint8(q.what), Word: hex.EncodeToString(w[:]), Number: q.number,
			Engineer: q.engineer, Body: hex.EncodeToString(body), Payload: hex.EncodeToString(q.sign(key)),
		})
	}
	for i, v := range frozen(t, questionsFile, "Payloads of questions of engineers over NATS, as package remote describes them.", made) {
		if v != made[i] {
			t.Errorf("question %d is %+v, was %+v", i, made[i], v)
		}
		a, err := parseQuestion(nonce, bits(t, v.Payload))
		if err != nil || !a.by(key.Public().(ed25519.PublicKey)) || hex.EncodeToString(a.body) != v.Body || a.engineer != v.Engineer {
			t.Errorf("question %d is read otherwise: %v", i, err)
		}
	}
}

// TestFrozenAnswers opens answers that were sealed at random.
func TestFrozenAnswers(t *testing.T) {
	key := [32]byte(bytes.Repeat([]byte{9}, 32))
	var made []frozenAnswer
	for i, data := range [][]byte{{}, []byte("there is no note"), bytes.Repeat([]byte{5}, 1<<10-answerHeader), bytes.Repeat([]byte{6}, 1<<10-answerHeader+1)} {
		a := answer{status(i + 1), data}
		b, err := a.seal(key)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, frozenAnswer{ReplyKey: hex.EncodeToString(key[:]), Status: uint8(a.status), Data: hex.EncodeToString(data), Bytes: hex.EncodeToString(b)})
	}
	for i, v := range frozen(t, answersFile, "Answers to engineers over NATS, sealed under the reply key of a question's envelope, as package remote describes them.", made) {
		a, err := openAnswer([32]byte(bits(t, v.ReplyKey)), bits(t, v.Bytes))
		if err != nil || uint8(a.status) != v.Status || hex.EncodeToString(a.data) != v.Data || len(v.Bytes) != len(made[i].Bytes) {
			t.Errorf("answer %d: %d, %d bytes, %v", i, a.status, len(a.data), err)
		}
	}
}

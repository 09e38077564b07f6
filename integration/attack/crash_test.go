package attack

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// crashes runs a product in Go whose errors, panics and goroutines have secrets
// in them, until it crashes. What it prints itself is the product's own.
func (s *story) crashes() {
	s.t.Helper()
	text := strings.Join(secretsIn(inCrash).sentences(), "\n")
	r := rig.Command{
		Path: rig.Binary(s.t, "finder"), Args: []string{"-dir", filepath.Join(s.dir, "run"), "-text", text, "-crash"},
		Env: append(s.environment(), "DO_NOT_TRACK=", "TACIT_TELEMETRY="),
	}.Run(s.t)
	if r.Code != 2 || !strings.Contains(r.Stderr, secretsIn(inCrash).customer) || !strings.Contains(r.Stderr, "goroutine ") {
		s.t.Errorf("the product does not crash with its text: exit %d: %s", r.Code, r.Stderr)
	}
}

// reported says whether a timeline has what a product in Go, and one that emits
// for OpenTelemetry, reported: each kind of error by its type and its lines.
func reported(timeline string) bool {
	for _, kind := range []string{`"*fs.PathError"`, `"panic"`, `"crash"`, `"TypeError"`, `"RangeError"`, "main.fail main.go:", "main.crash main.go:"} {
		if !strings.Contains(timeline, kind) {
			return false
		}
	}
	return true
}

// traces are texts with a user's name in the paths of every system, and in the
// frames of every language, as error messages have them.
func traces(user string) (out []string) {
	for _, path := range []string{
		"/home/%s/projects/app/main.go", "/Users/%s/Library/Logs/app.log", "/mnt/staff/%s/.config/acme/acme.conf", "/export/home/%s/My Documents/a b.txt",
		`C:\Users\%s\AppData\Local\app\app.dll`, `C:/Users/%s/AppData/Roaming/app.ini`, `C:\\Users\\%s\\Desktop\\notes.txt`, `\\filer01\homes$\%s\report.docx`,
		`\\?\C:\Users\%s\long\path.txt`, `\Device\HarddiskVolume3\Users\%s\app.exe`, "file:///Users/%s/Documents/a%%20b.pdf", "~%s/bin/app", "/c/Users/%s/go/src",
	} {
		place := fmt.Sprintf(path, user)
		out = append(out,
			"open "+place+": permission denied", "permission denied: '"+place+"'", fmt.Sprintf("permission denied path=%q", place),
			"permission denied\ngoroutine 7 [running]:\nmain.open({0xc00001c0a8, 0x1d})\n\t"+place+":42 +0x1d\n",
			"permission denied\nTraceback (most recent call last):\n  File \""+place+"\", line 42, in open\n",
			"permission denied\n    at open ("+place+":42:7)\n", "permission denied\n   at App.Store.Open(String name) in "+place+":line 42\n",
		)
	}
	return out
}

// long sends bodies that are longer than the API takes.
func (s *story) long() {
	const most = 1 << 20
	text := strings.Join(secretsIn(inLong).sentences(), "; ")
	text = strings.Repeat(text, 1+most/len(text))
	record := fmt.Sprintf(`{"metric":"exception","value":%q}`, text)
	s.call(http.MethodPost, "/v1/records", `{"product":{"name":"tacit","version":"0.1.0"},"records":[`+record+`]}`, nil, http.StatusRequestEntityTooLarge)
	s.call(http.MethodPost, "/v1/never", fmt.Sprintf(`{"values":[%q]}`, text), nil, http.StatusRequestEntityTooLarge)
	many := strings.Repeat(fmt.Sprintf(`{"metric":"exception","value":%q},`, secretsIn(inLong).customer), 1001)
	s.call(http.MethodPost, "/v1/records", `{"product":{"name":"tacit","version":"0.1.0"},"records":[`+strings.TrimSuffix(many, ",")+`]}`, nil, http.StatusBadRequest)
}

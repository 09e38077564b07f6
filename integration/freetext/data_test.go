package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

// file is a set of one file.
func file(name, text string) fstest.MapFS {
	return fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}
}

func TestLoad(t *testing.T) {
	lines, err := load(file("sub/Müller-stack.jsonl", `{"id":"1","text":"für Jürgen ☃ da","spans":[[11,12,"id"],[4,10,"user"]],"cls":"user","neg":false}`+"\n"+
		`{"id":"2","text":"all of it stays"}`+"\n"+
		`{"id":"3","text":"port 22","template":"port <*>","vars":[[5,7,"number"]]}`+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 || lines[0].kind != caseLine || lines[1].kind != cleanLine || lines[2].kind != logLine {
		t.Fatalf("%+v", lines)
	}
	l := lines[0]
	if l.file != "Müller-stack" || l.class != "user" || len(l.spans) != 2 {
		t.Fatalf("%+v", l)
	}
	for i, want := range []string{"Jürgen", "☃"} {
		if got := l.text[l.spans[i].start:l.spans[i].end]; got != want {
			t.Errorf("span %d is %q, want %q: offsets count code points", i, got, want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":        `text`,
		"line break":     `{"text":"a\nb"}`,
		"too long":       `{"text":"` + strings.Repeat("a", maxText+1) + `"}`,
		"outside":        `{"text":"äb","spans":[[0,3,"user"]]}`,
		"empty span":     `{"text":"ab","spans":[[1,1,"user"]]}`,
		"overlap":        `{"text":"abcd","spans":[[0,2,"user"],[1,3,"user"]]}`,
		"before":         `{"text":"ab","spans":[[-1,1,"user"]]}`,
		"span of a word": `{"text":"ab","spans":[["a",1,"user"]]}`,
	} {
		if lines, err := load(file("x.jsonl", text+"\n")); err == nil || !strings.Contains(err.Error(), "x.jsonl:1") {
			t.Errorf("%s: %v, %+v", name, err, lines)
		}
	}
}

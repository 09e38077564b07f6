package rig

import "testing"

func TestEdit(t *testing.T) {
	const before = `# The file.
data: /var/lib/tacit # here

next:
  # Where to.
  relays: [a, b]
  credential: CHANGE-ME
`
	const after = `# The file.
data: /tmp/d # here
next:
    # Where to.
    relays:
        - tls://127.0.0.1:1
    credential: "123"
pool:
    min_peers: 1
`
	got, err := edit([]byte(before), Edits{
		"data": "/tmp/d", "next.relays": []string{"tls://127.0.0.1:1"}, "next.credential": "123", "pool.min_peers": 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != after {
		t.Errorf("got\n%swant\n%s", got, after)
	}
	for _, edits := range []Edits{{"data.more": 1}, {"next.relays.first": 1}} {
		if _, err := edit([]byte(before), edits); err == nil {
			t.Errorf("%v was taken", edits)
		}
	}
	for _, file := range []string{"", "- a\n", "a: [\n"} {
		if _, err := edit([]byte(file), Edits{"a": 1}); err == nil {
			t.Errorf("%q was edited", file)
		}
	}
}
